"""Alerts to an on-call service over HTTPS, and to people by e-mail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from catalog.configurations import refused
from foulweather.testing import Aws

ENDPOINT = "https://events.pagerduty.example/integration/abc/enqueue"


@pytest.fixture
def topic(aws: Aws) -> tuple[Any, str]:
    sns = aws.client("sns")
    return sns, sns.create_topic(Name="alerts")["TopicArn"]


def attributes(sns: Any, topic: str) -> dict[str, str]:
    return sns.get_topic_attributes(TopicArn=topic)["Attributes"]


@pytest.mark.parametrize(("protocol", "endpoint"), [("https", ENDPOINT), ("email", "oncall@example.com")])
def test_a_subscription_is_pending_until_it_is_confirmed(
    aws: Aws, topic: tuple[Any, str], protocol: str, endpoint: str
) -> None:
    sns, arn = topic
    told = sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    assert told["SubscriptionArn"] == "pending confirmation"
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    assert (attributes(sns, arn)["SubscriptionsPending"], attributes(sns, arn)["SubscriptionsConfirmed"]) == ("1", "0")
    before = len(aws.events("sns.NotificationDelivered"))
    sns.publish(TopicArn=arn, Subject="ALARM", Message="orders are late")
    aws.advance("10s")
    assert len(aws.events("sns.NotificationDelivered")) == before, "an unconfirmed endpoint is told nothing"


def test_a_token_that_was_never_sent_confirms_nothing(topic: tuple[Any, str]) -> None:
    sns, arn = topic
    sns.subscribe(TopicArn=arn, Protocol="https", Endpoint=ENDPOINT)
    error = refused(sns.confirm_subscription, TopicArn=arn, Token="0" * 64)
    assert error["Code"] == "InvalidParameter"
    assert attributes(sns, arn)["SubscriptionsPending"] == "1"


def test_an_endpoint_must_be_of_its_protocol(topic: tuple[Any, str]) -> None:
    sns, arn = topic
    for protocol, endpoint in (("https", "http://events.example"), ("email", "nobody")):
        assert refused(sns.subscribe, TopicArn=arn, Protocol=protocol, Endpoint=endpoint)["Code"] == "InvalidParameter"


class OnCall:
    """The on-call service: answers with the statuses that it is given, the last one for ever, and keeps what it got."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.got: list[dict[str, Any]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                status = service.statuses.pop(0) if len(service.statuses) > 1 else service.statuses[0]
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/enqueue"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def on_call() -> Iterator[OnCall]:
    service = OnCall()
    yield service
    service.close()


def test_confirmed_it_is_told_and_5xx_is_tried_again(aws: Aws, topic: tuple[Any, str], on_call: OnCall) -> None:
    sns, arn = topic
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=on_call.url)
    aws.advance("1s")
    (asked,) = on_call.got
    assert asked["Type"] == "SubscriptionConfirmation"
    confirmed = sns.confirm_subscription(TopicArn=arn, Token=asked["Token"])["SubscriptionArn"]
    assert confirmed.startswith(f"{arn}:")
    assert attributes(sns, arn)["SubscriptionsConfirmed"] == "1"

    on_call.statuses = [503, 500, 200]
    sent = sns.publish(TopicArn=arn, Subject="ALARM", Message="orders are late")["MessageId"]
    aws.advance("5m")
    told = on_call.got[1:]
    assert [one["MessageId"] for one in told] == [sent] * 3
    assert (told[-1]["Subject"], told[-1]["Message"]) == ("ALARM", "orders are late")
    delivered = aws.events("sns.NotificationDelivered")[-1]  # the first was the request to confirm
    assert delivered.at_ms - aws.events("sns.NotificationFailed")[0].at_ms == 40_000, "20 seconds apart"


def test_4xx_is_not_tried_again(aws: Aws, topic: tuple[Any, str], on_call: OnCall) -> None:
    sns, arn = topic
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=on_call.url)
    aws.advance("1s")
    sns.confirm_subscription(TopicArn=arn, Token=on_call.got[0]["Token"])
    on_call.statuses = [403]
    sns.publish(TopicArn=arn, Message="x")
    aws.advance("1h")
    assert len(on_call.got) == 2
