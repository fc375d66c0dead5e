"""Subscription filters and destinations: refused where nothing can take what they send, and what they would send."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.logs import forwarding
from foulweather.services.logs.state import LogGroup, LogsState, SubscriptionFilter
from harness import ACCOUNT, Aws
from services.logs.log_calls import GROUP, make, put

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
STREAM_ARN = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


async def refused(aws: Aws, **more: Any) -> AwsError:
    request = {"logGroupName": GROUP, "filterName": "f", "filterPattern": "", "destinationArn": FUNCTION, **more}
    with pytest.raises(AwsError) as caught:
        await aws.logs.put_subscription_filter(request)
    return caught.value


async def test_a_destination_that_takes_nothing_is_refused(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_arguments: Any, **_more: Any) -> None:
        raise AwsError("ResourceNotFoundException", "It is not there.", 404)

    monkeypatch.setattr(forwarding, "_sent", failing)
    make(aws)
    error = await refused(aws)
    assert error.code == "InvalidParameterException"
    assert error.message == (
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your "
        "function."
    )
    error = await refused(aws, destinationArn=STREAM_ARN, roleArn=ROLE)
    assert error.message.startswith("Could not deliver test message to specified Kinesis stream.")
    assert aws.logs.describe_subscription_filters({"logGroupName": GROUP})["subscriptionFilters"] == []


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"destinationArn": "arn:aws:sqs:us-east-1:1:q"}, "InvalidParameterException", "Invalid destinationArn."),
        ({"roleArn": ROLE}, "InvalidParameterException", "cannot be used with roleArn"),
        ({"destinationArn": STREAM_ARN}, "InvalidParameterException", "cannot be used without roleArn"),
        (
            {"destinationArn": FUNCTION.replace(ACCOUNT, "999988887777")},
            "InvalidParameterException",
            "must be in the same account",
        ),
        ({"filterPattern": "a:b"}, "InvalidParameterException", "Invalid character(s) in term 'a:b'"),
        ({"logGroupName": "/nobody"}, "ResourceNotFoundException", "The specified log group does not exist."),
        ({"applyOnTransformedLogs": True}, "InvalidParameterException", "that have an active log transformer"),
        ({"emitSystemFields": ["@aws.account"]}, "NotImplemented", "PutSubscriptionFilter.emitSystemFields"),
    ],
)
async def test_what_no_filter_can_be_is_refused_first(aws: Aws, more: dict[str, Any], code: str, message: str) -> None:
    make(aws)
    error = await refused(aws, **more)
    assert error.code == code
    assert message in error.message


def subscribed(aws: Aws, name: str = "f", pattern: str = "ERROR") -> SubscriptionFilter:
    """A filter that is there already, as after a restart with a service that was built then."""
    state = aws.world.state(LogsState, aws.account, aws.region)
    made = SubscriptionFilter(GROUP, name, pattern, FUNCTION, aws.now)
    state.subscription_filters.put(made.row, made)
    state.changed(GROUP)
    return made


async def test_two_filters_are_all_a_group_can_have(aws: Aws) -> None:
    make(aws)
    subscribed(aws, "a")
    subscribed(aws, "b")
    error = await refused(aws)
    assert (error.code, error.message) == ("LimitExceededException", "Resource limit exceeded.")
    found = aws.logs.describe_subscription_filters({"logGroupName": GROUP, "filterNamePrefix": "a"})
    (shown,) = found["subscriptionFilters"]
    assert (shown["filterName"], shown["destinationArn"], shown["distribution"]) == ("a", FUNCTION, "ByLogStream")
    aws.logs.delete_subscription_filter({"logGroupName": GROUP, "filterName": "a"})
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        aws.logs.delete_subscription_filter({"logGroupName": GROUP, "filterName": "a"})


@pytest.mark.parametrize("status", [404, 503])
async def test_what_cannot_be_delivered_is_dropped_at_once_or_tried_for_a_day(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    async def failing(*_arguments: Any, **_more: Any) -> None:
        raise AwsError("Failed", "It failed.", status)

    monkeypatch.setattr(forwarding, "_sent", failing)
    make(aws)
    subscribed(aws)
    put(aws, "ERROR", "fine")
    await aws.advance(seconds=2 * 86_400)
    throttled, failed = aws.events("logs.DeliveryThrottled"), aws.events("logs.DeliveryFailed")
    assert (len(throttled), len(failed)) == ((0, 1) if status == 404 else (1441, 0))
    assert (throttled + failed)[0].facts["events"] == 1
    assert aws.events("logs.Forwarded") == []


async def test_what_is_delivered_is_counted(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    async def sending(_call: Any, _group: Any, _filter: Any, stream: str, data: bytes) -> None:
        sent.append(data)

    monkeypatch.setattr(forwarding, "_sent", sending)
    make(aws)
    subscribed(aws)
    put(aws, "fine", "ERROR one", "ERROR two")
    put(aws, "fine")
    await aws.advance(seconds=1)
    (event,) = aws.events("logs.Forwarded")
    assert (event.facts["events"], event.facts["bytes"], event.facts["filter"]) == (2, len(sent[0]), "f")
    delivered = json.loads(gzip.decompress(sent[0]))
    assert [each["message"] for each in delivered["logEvents"]] == ["ERROR one", "ERROR two"]
    found = aws.logs.filter_log_events({"logGroupName": GROUP, "filterPattern": "ERROR"})
    assert [each["id"] for each in delivered["logEvents"]] == [each["eventId"] for each in found["events"]]


async def test_what_comes_back_to_its_own_group_takes_time(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sending(_call: Any, _group: Any, _filter: Any, stream: str, data: bytes) -> None:
        put(aws, "fine", "ERROR again")

    monkeypatch.setattr(forwarding, "_sent", sending)
    make(aws)
    subscribed(aws)
    put(aws, "fine", "ERROR once")
    await aws.advance(seconds=3)
    rounds = len(aws.events("logs.Forwarded"))
    assert 3 * forwarding.AT_ONCE_MAX <= rounds <= 5 * forwarding.AT_ONCE_MAX


def test_the_payload_is_what_awss_page_shows() -> None:
    group = LogGroup(GROUP, ACCOUNT, "us-east-1", 0)
    data = forwarding.payload(group, "s", ["f"], [(5, 7, "ERROR")])
    assert json.loads(gzip.decompress(data)) == {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": GROUP,
        "logStream": "s",
        "subscriptionFilters": ["f"],
        "logEvents": [{"id": "5".zfill(56), "timestamp": 7, "message": "ERROR"}],
    }


async def test_destinations_need_a_stream(aws: Aws) -> None:
    request = {"destinationName": "d", "targetArn": STREAM_ARN, "roleArn": ROLE}
    with pytest.raises(AwsError, match="Could not deliver test message to specified Kinesis stream"):
        await aws.logs.put_destination(request)
    with pytest.raises(AwsError, match="Invalid targetArn"):
        await aws.logs.put_destination({**request, "targetArn": FUNCTION})
    assert aws.logs.describe_destinations({})["destinations"] == []
    for operation in (
        lambda: aws.logs.delete_destination({"destinationName": "d"}),
        lambda: aws.logs.put_destination_policy({"destinationName": "d", "accessPolicy": "{}"}),
    ):
        with pytest.raises(AwsError, match="ResourceNotFoundException"):
            operation()


async def test_a_destination_takes_what_accounts_in_its_policy_send(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    async def taking(_call: Any, _group: Any, subscription: SubscriptionFilter, *_more: Any, **_options: Any) -> None:
        checked.append(subscription.destination)

    monkeypatch.setattr(forwarding, "_sent", taking)
    made = await aws.logs.put_destination({"destinationName": "d", "targetArn": STREAM_ARN, "roleArn": ROLE})
    arn = made["destination"]["arn"]
    assert (arn, checked) == (f"arn:aws:logs:us-east-1:{ACCOUNT}:destination:d", [STREAM_ARN])
    sender = aws.in_account("999988887777")
    sender.logs.create_log_group({"logGroupName": GROUP})
    request = {"logGroupName": GROUP, "filterName": "f", "filterPattern": "", "destinationArn": arn}
    with pytest.raises(AwsError, match="AccessDenied"):
        await sender.logs.put_subscription_filter(request)
    allowed = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "logs:PutSubscriptionFilter"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn}]})
    aws.logs.put_destination_policy({"destinationName": "d", "accessPolicy": policy})
    await sender.logs.put_subscription_filter(request)
    (told,) = sender.logs.describe_subscription_filters({"logGroupName": GROUP})["subscriptionFilters"]
    assert told["destinationArn"] == arn
    aws.logs.delete_destination({"destinationName": "d"})
    with pytest.raises(AwsError, match="Could not deliver test message to specified destination"):
        await sender.logs.put_subscription_filter({**request, "filterName": "g"})
