"""Faults as real clients meet them: boto3, signed, over a socket, on a held clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

import foulweather
from foulweather.gates.faults import Fault, Faults
from foulweather.kernel.trace import Hop, Traces
from foulweather.wire.cloud import Cloud
from foulweather.wire.server import Server
from foulweather.world.world import World
from loopback import Client, client_of, post, serving

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
ACCOUNT = "111122223333"
MINUTE_MS = 60_000
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5)
TWICE = Config(retries={"total_max_attempts": 2, "mode": "standard"}, connect_timeout=5, read_timeout=5)


class Place:
    """A served world, and boto3 clients for it that run beside its event loop."""

    def __init__(self, cloud: Cloud, server: Server) -> None:
        self.cloud = cloud
        self.server = server
        self.world = cloud.default.world
        self.faults = Faults.of(self.world)

    def client(self, service: str, key: str = ACCOUNT, secret: str = "test", token: str = "", **options: Any) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.server.port}",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token or None,
            **{"config": ONCE, **options},
        )

    async def ask(self, method: Callable[..., Any], **request: Any) -> Any:
        return await asyncio.wait_for(asyncio.to_thread(method, **request), 10)

    async def queue(self) -> tuple[Any, str]:
        sqs = self.client("sqs")
        return sqs, (await self.ask(sqs.create_queue, QueueName="orders"))["QueueUrl"]

    async def refused(self, method: Callable[..., Any], **request: Any) -> tuple[str, int]:
        with pytest.raises(ClientError) as caught:
            await self.ask(method, **request)
        answer = caught.value.response
        return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]

    async def count(self, sqs: Any, url: str) -> int:
        names = ["ApproximateNumberOfMessages"]
        found = await self.ask(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=names)
        return int(found["Attributes"][names[0]])

    def last_wrong(self) -> Hop:
        trace = self.world.state(Traces).last_wrong()
        assert trace is not None
        hop = trace.first_wrong()
        assert hop is not None
        return hop

    def names(self, fault: Fault) -> bool:
        """Whether the last reason names a fault, with its remedy."""
        why = self.last_wrong().why
        assert why is not None
        return why.remedy == (f"foulweather fault clear {fault.id}",) and fault.id in why.cause


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    cloud = Cloud(World(seed=1, mode="held", start_ms=START_MS))
    cloud.start()
    async with serving(cloud) as server:  # type: ignore[arg-type]
        yield Place(cloud, server)
    cloud.close()


async def user_key(place: Place) -> tuple[str, str]:
    iam = place.client("iam")
    await place.ask(iam.create_user, UserName="alice")
    key = (await place.ask(iam.create_access_key, UserName="alice"))["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


# --- errors


@pytest.mark.parametrize(
    ("code", "seen", "status"),
    [
        ("InternalFailure", "InternalFailure", 500),
        ("ServiceUnavailable", "ServiceUnavailable", 503),
        ("ThrottlingException", "ThrottlingException", 400),
        ("OverLimit", "OverLimit", 400),
    ],
)
async def test_an_error_of_a_dependency_has_its_code_and_status(
    place: Place, code: str, seen: str, status: int
) -> None:
    sqs, url = await place.queue()
    fault = place.faults.add(kind="errors", service="sqs", operation="SendMessage", code=code)
    assert await place.refused(sqs.send_message, QueueUrl=url, MessageBody="x") == (seen, status)
    assert place.names(fault)
    assert await place.count(sqs, url) == 0


# --- credential


async def test_a_long_term_key_is_suddenly_inactive(place: Place) -> None:
    key, secret = await user_key(place)
    sts = place.client("sts", key, secret)
    await place.ask(sts.get_caller_identity)
    fault = place.faults.add(kind="credential", access_key=key)
    assert await place.refused(sts.get_caller_identity) == ("InvalidClientTokenId", 403)
    assert place.names(fault)
    assert place.faults.hits(fault.id).latest[0].trace_id == place.last_wrong().trace_id
    await place.ask(place.client("sts").get_caller_identity)  # another key
    assert (await place.refused(place.client("organizations", key, secret).describe_organization))[0] == (
        "UnrecognizedClientException"
    )
    place.faults.clear()
    await place.ask(sts.get_caller_identity)


async def test_a_session_has_suddenly_expired(place: Place) -> None:
    given = (await place.ask(place.client("sts", *await user_key(place)).get_session_token))["Credentials"]
    sts = place.client("sts", given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    await place.ask(sts.get_caller_identity)
    fault = place.faults.add(kind="credential", principal="*:user/alice")
    assert await place.refused(sts.get_caller_identity) == ("ExpiredToken", 403)
    assert place.names(fault)
    await place.ask(place.client("sts").get_caller_identity)  # another principal


async def test_a_key_that_no_world_issued_can_be_inactive_too(place: Place) -> None:
    place.faults.add(kind="credential", account=ACCOUNT)
    assert (await place.refused(place.client("sts").get_caller_identity))[0] == "InvalidClientTokenId"
    await place.ask(place.client("sts", "444455556666").get_caller_identity)


# --- clock


@pytest.mark.parametrize(
    ("service", "operation", "offset_ms", "code"),
    [
        ("sns", "list_topics", -5 * MINUTE_MS, ""),
        ("sns", "list_topics", -5 * MINUTE_MS - 1, "SignatureDoesNotMatch"),
        ("sns", "list_topics", 5 * MINUTE_MS, ""),
        ("sns", "list_topics", 5 * MINUTE_MS + 1, "SignatureDoesNotMatch"),
        ("organizations", "describe_organization", -5 * MINUTE_MS - 1, "InvalidSignatureException"),
        ("sqs", "list_queues", -15 * MINUTE_MS, ""),
        ("sqs", "list_queues", -15 * MINUTE_MS - 1, "SignatureDoesNotMatch"),
    ],
)
async def test_a_clock_that_is_off_is_refused_beyond_what_aws_allows(
    place: Place, service: str, operation: str, offset_ms: int, code: str
) -> None:
    client = place.client(service)
    fault = place.faults.add(kind="clock", account=ACCOUNT, offset_ms=offset_ms)
    method = getattr(client, operation)
    if code:
        assert (await place.refused(method))[0] == code
        assert place.names(fault)
    elif service != "organizations":
        await place.ask(method)
    assert place.faults.hits(fault.id).count == (1 if code else 0)


async def test_the_refusal_of_a_wrong_clock_tells_the_time_by_that_clock(place: Place) -> None:
    place.faults.add(kind="clock", offset_ms=-60 * MINUTE_MS)
    with pytest.raises(ClientError, match=r"Signature expired: .* is now earlier than"):
        await place.ask(place.client("sns").list_topics)


# --- crash


async def test_a_crash_after_the_effect_loses_the_answer_and_a_retry_makes_a_duplicate(place: Place) -> None:
    sqs, url = await place.queue()
    fault = place.faults.add(kind="crash", service="sqs", operation="SendMessage", when="after")
    with pytest.raises(ConnectionClosedError):
        await place.ask(sqs.send_message, QueueUrl=url, MessageBody="once")
    assert place.names(fault)
    assert place.last_wrong().code == "ConnectionClosed"
    assert await place.count(sqs, url) == 1
    with pytest.raises(ConnectionClosedError):
        await place.ask(place.client("sqs", config=TWICE).send_message, QueueUrl=url, MessageBody="again")
    assert await place.count(sqs, url) == 3
    place.faults.clear()
    await place.ask(sqs.send_message, QueueUrl=url, MessageBody="mended")


async def test_a_crash_before_the_effect_changes_nothing(place: Place) -> None:
    sqs, url = await place.queue()
    fault = place.faults.add(kind="crash", service="sqs", operation="SendMessage", when="before")
    with pytest.raises(ConnectionClosedError):
        await place.ask(sqs.send_message, QueueUrl=url, MessageBody="x")
    assert place.names(fault)
    assert await place.count(sqs, url) == 0


# --- network


async def test_a_cut_resets_connections_and_the_operation_never_runs(place: Place) -> None:
    sqs, url = await place.queue()
    fault = place.faults.add(kind="network", service="sqs", how="reset")
    with pytest.raises(ConnectionClosedError):
        await place.ask(sqs.send_message, QueueUrl=url, MessageBody="x")
    assert place.names(fault)
    await place.ask(place.client("sns").list_topics)
    assert not [event for event in place.world.journal if event.facts.get("error") == "ConnectionReset"]
    place.faults.clear()
    assert await place.count(sqs, url) == 0


async def test_nothing_arrives_through_a_cut_not_even_a_bad_signature(place: Place) -> None:
    key, _ = await user_key(place)
    fault = place.faults.add(kind="network", how="reset")
    with pytest.raises(ConnectionClosedError):
        await place.ask(place.client("sts", key, "wrong").get_caller_identity)
    assert place.faults.hits(fault.id).count == 1


def raw(body: bytes = b"Action=ListTopics&Version=2010-03-31") -> bytes:
    stamp = "20260101T000000Z"
    proof = (
        f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/{stamp[:8]}/us-east-1/sns/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    )
    form = "Content-Type: application/x-www-form-urlencoded"
    return post(body, form, f"X-Amz-Date: {stamp}", f"Authorization: {proof}").replace(b"Host: x", b"Host: localhost")


@contextlib.asynccontextmanager
async def connected(place: Place) -> AsyncIterator[Client]:
    async with client_of(place.server) as client:
        yield client


async def test_a_reset_is_a_reset_and_a_crash_closes(place: Place) -> None:
    place.faults.add(kind="network", how="reset")
    async with connected(place) as client:
        client.send(raw())
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(client.reader.read(), 5)
    place.faults.clear()
    place.faults.add(kind="crash", when="before")
    async with connected(place) as client:
        client.send(raw())
        assert await client.closed()


async def test_a_connection_that_times_out_is_held_for_its_time_of_the_world(place: Place) -> None:
    fault = place.faults.add(kind="network", service="sns", how="timeout", delay_ms=30_000)
    async with connected(place) as client:
        client.send(raw())
        closed = asyncio.ensure_future(client.closed())
        while not place.faults.hits(fault.id).count:
            await asyncio.sleep(0.001)
        await place.world.advance_to(START_MS + 29_999)
        await asyncio.sleep(0.01)
        assert not closed.done()
        await place.world.advance_to(START_MS + 30_000)
        assert await closed
    hop = place.last_wrong()
    assert (hop.code, hop.ended_ms - hop.at_ms) == ("ConnectionTimedOut", 30_000)
    assert place.world.in_flight == 0


async def test_a_client_that_gives_up_on_a_held_connection_leaves_nothing_in_flight(place: Place) -> None:
    fault = place.faults.add(kind="network", service="sns", how="timeout", delay_ms=30_000)
    async with connected(place) as client:
        client.send(raw())
        while not place.faults.hits(fault.id).count:
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.05)
    assert place.world.in_flight == 0
    assert place.names(fault)
    await place.world.advance_to(START_MS + 60_000)


def test_boto3_without_a_socket_sees_a_closed_connection_too() -> None:
    with foulweather.world(seed=1) as aws:
        sqs = aws.client("sqs", config=ONCE)
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        faults = Faults.of(aws.cloud.default.world)
        faults.add(kind="crash", operation="SendMessage", when="after")
        with pytest.raises(ConnectionClosedError):
            sqs.send_message(QueueUrl=url, MessageBody="x")
        faults.clear()
        assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_boto3_without_a_socket_waits_out_a_time_out() -> None:
    with foulweather.world(seed=1) as aws:
        before_ms = aws.now_ms
        Faults.of(aws.cloud.default.world).add(kind="network", service="sqs", how="timeout", delay_ms=9_000)
        with pytest.raises(ConnectionClosedError):
            aws.client("sqs", config=ONCE).list_queues()
        assert aws.now_ms == before_ms + 9_000


# --- shares and scopes


async def test_a_share_of_calls_is_drawn_once_for_each_request(place: Place) -> None:
    fault = place.faults.add(kind="network", how="reset", percent=50)
    outcomes: list[bool] = []
    for _ in range(60):
        async with connected(place) as client:
            client.send(raw())
            try:
                outcomes.append((await client.response())[0] == 200)
            except (ConnectionResetError, asyncio.IncompleteReadError):
                outcomes.append(False)
    assert 15 <= outcomes.count(False) <= 45
    assert place.faults.hits(fault.id).count == outcomes.count(False)


async def test_a_fault_is_for_the_resource_that_it_names(place: Place) -> None:
    sqs, url = await place.queue()
    other = (await place.ask(sqs.create_queue, QueueName="other"))["QueueUrl"]
    place.faults.add(kind="errors", code="InternalFailure", resource="arn:aws:sqs:*:*:ord*")
    assert (await place.refused(sqs.send_message, QueueUrl=url, MessageBody="x"))[0] == "InternalFailure"
    await place.ask(sqs.send_message, QueueUrl=other, MessageBody="x")
