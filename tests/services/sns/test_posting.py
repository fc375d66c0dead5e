"""HTTP/S deliveries against a server of this machine, on a held clock."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from foulweather.engines.http_client import HttpClient
from foulweather.world.world import World
from harness import ACCOUNT, START_MS, Aws, new_aws

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"
DLQ = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dlq"


class Server:
    """Answers with the statuses it is given, the last one for ever, and remembers what it got."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.statuses = [200]
        self.got: list[tuple[int, dict[str, str], str]] = []
        self.url = ""
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook?x=1"

    def close(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        body = await reader.readexactly(int(headers["Content-Length"]))
        self.got.append((self.world.clock.now_ms, {"": lines[0], **headers}, body.decode()))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\nLocation: http://127.0.0.1:1/\r\n\r\nok".encode())
        await writer.drain()
        writer.close()

    @property
    def notifications(self) -> list[tuple[int, dict[str, str], str]]:
        return [one for one in self.got if one[1]["x-amz-sns-message-type"] == "Notification"]

    def at_s(self) -> list[float]:
        """When notifications came, in seconds from the first."""
        return [(at - self.notifications[0][0]) / 1000 for at, _, _ in self.notifications]


@pytest.fixture
async def server(aws: Aws) -> AsyncIterator[Server]:
    server = Server(aws.world)
    await server.open()
    yield server
    server.close()


async def subscribed(aws: Aws, sns, server: Server, **attributes: str) -> str:
    sns.topic()
    request = {"TopicArn": TOPIC, "Protocol": "http", "Endpoint": server.url, "Attributes": attributes}
    assert aws.sns.subscribe(request)["SubscriptionArn"] == "pending confirmation"
    await aws.advance()
    asked = json.loads(server.got[-1][2])
    return aws.sns.confirm_subscription({"TopicArn": TOPIC, "Token": asked["Token"]})["SubscriptionArn"]


async def test_the_endpoint_is_asked_to_confirm(aws: Aws, sns, server: Server) -> None:
    await subscribed(aws, sns, server)
    _, headers, body = server.got[0]
    assert headers[""] == "POST /hook?x=1 HTTP/1.1"
    assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert headers["x-amz-sns-topic-arn"] == TOPIC
    assert "x-amz-sns-subscription-arn" not in headers
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert headers["User-Agent"] == "Amazon Simple Notification Service Agent"
    asked = json.loads(body)
    assert headers["x-amz-sns-message-id"] == asked["MessageId"]
    assert asked["SubscribeURL"].endswith(f"/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={asked['Token']}")


async def test_a_notification_is_posted(aws: Aws, sns, server: Server) -> None:
    arn = await subscribed(aws, sns, server)
    published = sns.publish(TOPIC, "hello")
    assert server.notifications == []
    await aws.advance()
    ((_, headers, body),) = server.notifications
    assert headers["x-amz-sns-message-id"] == published["MessageId"]
    assert headers["x-amz-sns-subscription-arn"] == arn
    assert json.loads(body)["Message"] == "hello"
    assert aws.events("sns.NotificationDelivered")[-1].facts["protocol"] == "http"


async def test_raw_delivery_and_content_type(aws: Aws, sns, server: Server) -> None:
    policy = json.dumps({"requestPolicy": {"headerContentType": "application/json"}})
    await subscribed(aws, sns, server, RawMessageDelivery="true", DeliveryPolicy=policy)
    sns.publish(TOPIC, '{"a":1}')
    await aws.advance()
    ((_, headers, body),) = server.notifications
    assert body == '{"a":1}'
    assert headers["x-amz-sns-rawdelivery"] == "true"
    assert headers["Content-Type"] == "application/json"


async def test_the_default_is_three_retries_twenty_seconds_apart(aws: Aws, sns, server: Server) -> None:
    await subscribed(aws, sns, server)
    server.statuses = [500]
    published = sns.publish(TOPIC)
    await aws.advance(seconds=600)
    assert server.at_s() == [0, 20, 40, 60]
    assert {headers["x-amz-sns-message-id"] for _, headers, _ in server.notifications} == {published["MessageId"]}
    assert len(aws.events("sns.NotificationFailed")) == 4
    why = sns.why()
    assert why.decision == "dropped"
    assert why.because[0].cause == f"{server.url} answered with status 500."


async def test_a_delivery_policy_of_ones_own_to_the_second(aws: Aws, sns, server: Server) -> None:
    policy = {
        "healthyRetryPolicy": {
            "minDelayTarget": 1,
            "maxDelayTarget": 4,
            "numRetries": 9,
            "numNoDelayRetries": 2,
            "numMinDelayRetries": 1,
            "numMaxDelayRetries": 2,
            "backoffFunction": "linear",
        }
    }
    await subscribed(aws, sns, server, DeliveryPolicy=json.dumps(policy))
    server.statuses = [503]
    sns.publish(TOPIC)
    await aws.advance(seconds=60)
    assert server.at_s() == [0, 0, 0, 1, 2, 4, 7, 11, 15, 19]


async def test_a_topics_delivery_policy_holds_for_its_subscriptions(aws: Aws, sns, server: Server) -> None:
    await subscribed(aws, sns, server)
    retry = {"minDelayTarget": 5, "maxDelayTarget": 5, "numRetries": 2}
    text = json.dumps({"http": {"defaultHealthyRetryPolicy": retry}})
    aws.sns.set_topic_attributes({"TopicArn": TOPIC, "AttributeName": "DeliveryPolicy", "AttributeValue": text})
    server.statuses = [500]
    sns.publish(TOPIC)
    await aws.advance(seconds=60)
    assert server.at_s() == [0, 5, 10]


@pytest.mark.parametrize(("status", "attempts"), [(400, 1), (404, 1), (301, 1), (429, 4), (503, 4)])
async def test_only_5xx_and_429_are_retried(aws: Aws, sns, server: Server, status, attempts) -> None:
    await subscribed(aws, sns, server)
    server.statuses = [status]
    sns.publish(TOPIC)
    await aws.advance(seconds=600)
    assert len(server.notifications) == attempts


async def test_a_recovered_endpoint_gets_the_message(aws: Aws, sns, server: Server) -> None:
    await subscribed(aws, sns, server)
    server.statuses = [500, 200]
    sns.publish(TOPIC)
    await aws.advance(seconds=20)
    assert aws.events("sns.NotificationDelivered")[-1].facts["attempts"] == 2


async def test_what_the_endpoint_never_takes_goes_to_the_dead_letter_queue(aws: Aws, sns, server: Server) -> None:
    dlq = sns.queue("dlq", TOPIC)
    await subscribed(aws, sns, server, RedrivePolicy=json.dumps({"deadLetterTargetArn": DLQ}))
    server.statuses = [403]
    sns.publish(TOPIC, "kept")
    await aws.advance()
    assert [body["Message"] for body in sns.bodies(dlq)] == ["kept"]


async def test_nobody_listening_is_retried(aws: Aws, sns, server: Server) -> None:
    await subscribed(aws, sns, server)
    server.close()
    sns.publish(TOPIC)
    await aws.advance(seconds=60)
    assert len(aws.events("sns.NotificationFailed")) == 4
    assert "cannot be reached" in sns.why().because[0].cause


async def test_deliveries_are_throttled_by_max_receives_per_second(aws: Aws, sns, server: Server) -> None:
    await subscribed(aws, sns, server, DeliveryPolicy='{"throttlePolicy":{"maxReceivesPerSecond":2}}')
    await aws.advance(seconds=10)
    for number in range(4):
        sns.publish(TOPIC, str(number))
    await aws.advance(seconds=10)
    assert server.at_s() == [0, 0.5, 1, 1.5]


async def test_nothing_leaves_this_machine_unless_it_is_allowed(aws: Aws, sns) -> None:
    sns.topic()
    aws.sns.subscribe({"TopicArn": TOPIC, "Protocol": "https", "Endpoint": "https://example.com/hook"})
    await aws.advance(seconds=600)
    (failure,) = aws.events("sns.NotificationFailed")
    assert "Foulweather sends nothing to example.com" in failure.facts["cause"]
    assert "FOULWEATHER_HTTP_ALLOW=example.com" in sns.why().because[0].remedy[0]


async def test_pending_deliveries_survive_a_restart(tmp_path: Path, tools) -> None:
    aws = new_aws(directory=tmp_path)
    server = Server(aws.world)
    await server.open()
    await subscribed(aws, tools(aws), server)
    server.statuses = [500]
    tools(aws).publish(TOPIC, "patient")
    await aws.advance(seconds=30)
    aws.world.close()
    again = new_aws(world=World(directory=tmp_path))
    server.world, server.statuses = again.world, [200]
    await again.advance(seconds=10)
    assert server.at_s() == [0, 20, 40]
    assert again.events("sns.NotificationDelivered")[-1].facts["attempts"] == 3
    server.close()


async def test_a_silent_endpoint_costs_fifteen_seconds_more(aws: Aws, sns, server: Server) -> None:
    from foulweather.engines.http_client import TimedOut

    class Silent(HttpClient):
        times: list[int] = []

        async def send(self, *args, **more):
            self.times.append(aws.now - START_MS)
            raise TimedOut("silence")

    await subscribed(aws, sns, server)
    silent = aws.world.attached[HttpClient] = Silent()
    sns.publish(TOPIC)
    await aws.advance(seconds=600)
    # "Amazon SNS retries for approximately 35 seconds after the previous delivery attempt."
    assert silent.times == [0, 35_000, 70_000, 105_000]


async def test_unsubscribing_somebody_elses_endpoint_says_goodbye(aws: Aws, sns, server: Server) -> None:
    from foulweather.policy.principal import ANONYMOUS

    arn = await subscribed(aws, sns, server)
    aws.as_principal(ANONYMOUS).sns.unsubscribe({"SubscriptionArn": arn})
    await aws.advance()
    _, headers, body = server.got[-1]
    assert headers["x-amz-sns-message-type"] == "UnsubscribeConfirmation"
    assert json.loads(body)["Message"].startswith(f"You have chosen to deactivate subscription {arn}.\n")


async def test_a_delivery_that_was_under_way_when_the_process_died_is_made_again(tmp_path: Path, tools) -> None:
    aws = new_aws(directory=tmp_path / "first")
    server = Server(aws.world)
    await server.open()
    await subscribed(aws, tools(aws), server)

    class Stuck(HttpClient):
        async def send(self, *args, **more):
            await asyncio.Event().wait()

    aws.world.attached[HttpClient] = Stuck()
    tools(aws).publish(TOPIC, "patient")
    under_way = asyncio.ensure_future(aws.advance(seconds=1))
    await asyncio.sleep(0.01)
    aws.world.store.commit()
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    under_way.cancel()
    again = new_aws(world=World(directory=tmp_path / "second"))
    server.world = again.world
    await again.advance(seconds=3600)
    assert [json.loads(body)["Message"] for _, _, body in server.notifications] == ["patient"]
    assert all(due.action != "sns.deliver" for due in again.world.agenda.dues())
    server.close()
