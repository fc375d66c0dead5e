"""`foulweather.world()`: a cloud inside a test."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, HTTPClientError

import foulweather
from foulweather.testing import Aws, duration_ms, world

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients may not touch one; event loops wake themselves by a pair of them."""

    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.fixture
def aws() -> Iterator[Aws]:
    with world(seed=1) as opened:
        yield opened


def queue(aws: Aws, name: str = "orders", **attributes: str) -> tuple[Any, str]:
    sqs = aws.client("sqs")
    return sqs, sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def test_clients_need_no_socket(aws: Aws) -> None:
    sqs, url = queue(aws)
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "hello")
    assert aws.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{aws.account}:root"


def test_other_protocols_and_resources_work_too(aws: Aws) -> None:
    iam = aws.resource("iam")
    made = iam.create_user(UserName="alice")
    assert made.create_date.tzinfo is not None
    assert [user.name for user in iam.users.all()] == ["alice"]


def test_the_package_itself_is_the_way_in() -> None:
    with foulweather.world(account="111122223333", region="eu-west-1") as aws:
        _, url = queue(aws)
        assert url.endswith("/111122223333/orders")
        assert aws.client("sqs").meta.region_name == "eu-west-1"


def test_a_long_poll_jumps_the_clock_and_waits_for_nobody(aws: Aws) -> None:
    sqs, url = queue(aws)
    before, began = aws.now_ms, time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert aws.now_ms - before == 20_000
    assert time.monotonic() - began < 5


def test_a_long_poll_ends_when_a_delayed_message_appears(aws: Aws) -> None:
    sqs, url = queue(aws)
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=7)
    before = aws.now_ms
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "late"
    assert aws.now_ms - before == 7_000


def test_four_days_take_no_time(aws: Aws) -> None:
    sqs, url = queue(aws)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    aws.advance("3d23h59m59s")
    assert aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][
        "ApproximateNumberOfMessages"
    ] == "1"  # fmt: skip
    aws.advance("4d")
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_client_signs_by_the_machines_clock_though_the_worlds_is_ahead(aws: Aws) -> None:
    made = aws.client("iam").create_user(UserName="alice") and aws.client("iam").create_access_key(UserName="alice")
    key = made["AccessKey"]
    aws.advance("30d")
    alice = aws.session(key["AccessKeyId"], key["SecretAccessKey"]).client("sts")
    assert alice.get_caller_identity()["Arn"].endswith(":user/alice")
    wrong = aws.session(key["AccessKeyId"], "wrong").client("sts")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        wrong.get_caller_identity()


def test_why_tells_of_the_last_refusal_and_of_any_request(aws: Aws) -> None:
    assert aws.why() is None
    sqs, url = queue(aws)
    key = (aws.client("iam").create_user(UserName="alice"), aws.client("iam").create_access_key(UserName="alice"))[1]
    alice = aws.session(key["AccessKey"]["AccessKeyId"], key["AccessKey"]["SecretAccessKey"]).client("sqs")
    with pytest.raises(ClientError) as caught:
        alice.send_message(QueueUrl=url, MessageBody="no")
    request_id = caught.value.response["ResponseMetadata"]["RequestId"]
    trace = aws.why()
    assert trace is not None
    hop = trace.first_wrong()
    assert hop is not None
    assert hop.why is not None
    assert "no identity-based policy allows it" in hop.why.cause
    assert aws.why(request_id) == trace
    fine = sqs.send_message(QueueUrl=url, MessageBody="yes")["ResponseMetadata"]["RequestId"]
    went_well = aws.why(fine)
    assert went_well is not None
    assert went_well.first_wrong() is None
    assert aws.why("no-such-request") is None


def test_events_are_the_journals(aws: Aws) -> None:
    queue(aws)
    (made,) = aws.events("sqs.QueueCreated")
    assert made.facts["QueueName"] == "orders"
    assert {event.kind for event in aws.events()} >= {"sqs.QueueCreated", "api.Call"}


def test_two_worlds_at_once_know_nothing_of_each_other() -> None:
    with world(seed=1) as one, world(seed=1) as two:
        sqs, url = queue(one)
        one.advance("1h")
        assert two.client("sqs").list_queues().get("QueueUrls", []) == []
        assert one.now_ms - two.now_ms > 3_500_000
        sqs.send_message(QueueUrl=url, MessageBody="mine")
        _, other = queue(two)
        assert "Messages" not in two.client("sqs").receive_message(QueueUrl=other)
        assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


def test_one_seed_gives_the_same_ids() -> None:
    def ids() -> list[str]:
        with world(seed=5, start_ms=1_767_225_600_000) as aws:
            sqs, url = queue(aws)
            return [sqs.send_message(QueueUrl=url, MessageBody=str(n))["MessageId"] for n in range(5)]

    assert ids() == ids()


def test_a_paced_world_serves_threads_that_wait_for_each_other() -> None:
    with world(clock="paced") as aws:
        sqs, url = queue(aws)
        got: list[str] = []

        def consume() -> None:
            answer = aws.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)
            got.extend(message["Body"] for message in answer.get("Messages", []))

        consumer = threading.Thread(target=consume)
        consumer.start()
        time.sleep(0.1)
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        consumer.join(10)
        assert got == ["hello"]


def test_threads_share_a_held_world(aws: Aws) -> None:
    _, url = queue(aws)

    def send(name: int) -> None:
        mine = aws.client("sqs")
        for n in range(5):
            mine.send_message(QueueUrl=url, MessageBody=f"{name}/{n}")

    threads = [threading.Thread(target=send, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "20"


def test_a_world_on_disk_is_there_again(tmp_path: Path) -> None:
    with world(data_dir=tmp_path) as aws:
        sqs, url = queue(aws)
        sqs.send_message(QueueUrl=url, MessageBody="kept")
    with world(data_dir=tmp_path) as aws:
        assert aws.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"


def test_a_strict_world_knows_its_own_keys_only() -> None:
    with world(strict=True) as aws, pytest.raises(ClientError, match="InvalidClientTokenId"):
        aws.client("sts").get_caller_identity()


def test_a_world_that_is_left_leaves_no_thread(aws: Aws) -> None:
    before = threading.active_count()
    with world() as inner:
        queue(inner)
    assert threading.active_count() == before


def test_an_exception_in_the_block_closes_the_world(tmp_path: Path) -> None:
    with pytest.raises(KeyError), world(data_dir=tmp_path):
        raise KeyError
    with world(data_dir=tmp_path):
        pass


def test_what_is_not_built_is_said(aws: Aws) -> None:
    with pytest.raises(ClientError) as caught:
        aws.client("glacier").list_vaults()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "glacier:ListVaults" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "ms"),
    [("250ms", 250), ("90s", 90_000), ("5m", 300_000), ("3h", 10_800_000), ("4d", 345_600_000), ("1d12h", 129_600_000)],
)
def test_durations(text: str, ms: int) -> None:
    assert duration_ms(text) == ms


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "1.5h", "-1s", "3w", "3h!"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        duration_ms(text)


def test_an_advance_by_milliseconds(aws: Aws) -> None:
    before = aws.now_ms
    aws.advance(1_500)
    assert aws.now_ms == before + 1_500


def test_the_fixture_gives_a_world(foulweather_world: Aws) -> None:
    assert isinstance(foulweather_world, Aws)
    _, url = queue(foulweather_world)
    assert url


def test_the_fixture_prints_the_last_reason_when_the_test_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_it(foulweather_world):
            foulweather_world.client("sqs").get_queue_url(QueueName="missing")
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
    result.assert_outcomes(failed=1)
    assert "foulweather, what went wrong last" in result.stdout.str()
    assert "AWS.SimpleQueueService.NonExistentQueue" in result.stdout.str() or "QueueDoesNotExist" in (
        result.stdout.str()
    )


def test_a_plain_boto3_client_is_not_touched(aws: Aws) -> None:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="y", region_name="us-east-1")
    with pytest.raises(HTTPClientError, match="a socket was opened"):
        session.client("sts").get_caller_identity()


def test_an_operation_that_does_not_wait_does_not_move_the_clock():
    with foulweather.world() as aws:
        key = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
        secrets = aws.client("secretsmanager")
        secrets.create_secret(Name="token", SecretString="s", KmsKeyId=key)
        before = aws.now_ms
        assert secrets.get_secret_value(SecretId="token")["SecretString"] == "s"
        assert aws.now_ms == before


def test_a_call_that_asks_another_service_and_waits_for_its_commit_moves_no_clock(aws: Aws) -> None:
    began_ms = aws.now_ms
    secrets = aws.client("secretsmanager")
    arn = secrets.create_secret(Name="database", SecretString="first")["ARN"]
    aws.client("ssm").put_parameter(Name="password", Value="first", Type="SecureString")
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "first"
    assert aws.now_ms == began_ms
