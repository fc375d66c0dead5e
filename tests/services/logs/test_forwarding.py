"""Subscription filters to real streams: refused where a role or a stream is not there, and what arrives."""

from __future__ import annotations

import gzip
import json
from base64 import b85encode
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.firehose import delivering_calls as firehose
from services.kinesis import streaming
from services.logs.log_calls import GROUP, STREAM, make, put

ROLE = f"arn:aws:iam::{ACCOUNT}:role/forwards"
OTHER = "999988887777"
TOOL = {"Service": "logs.amazonaws.com"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def role(aws: Aws, *actions: str, **conditions: Any) -> None:
    trust = {"Effect": "Allow", "Principal": TOOL, "Action": "sts:AssumeRole", **conditions}
    aws.iam.create_role({"RoleName": "forwards", "AssumeRolePolicyDocument": document(trust)})
    if actions:
        allow(aws, *actions)


def allow(aws: Aws, *actions: str) -> None:
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    aws.iam.put_role_policy({"RoleName": "forwards", "PolicyName": "p", "PolicyDocument": document(allowed)})


async def subscribe(aws: Aws, destination: str = streaming.ARN, **more: Any) -> None:
    request = {"logGroupName": GROUP, "filterName": "f", "filterPattern": "ERROR", "destinationArn": destination}
    await aws.logs.put_subscription_filter({**request, "roleArn": ROLE, **more})


async def refused(aws: Aws, **more: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        await subscribe(aws, **more)
    return caught.value


def payloads(found: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(gzip.decompress(each)) for each in found]


def causes(error: AwsError) -> str:
    return repr(error.why)


async def test_a_stream_that_takes_no_test_message_is_refused_with_its_cause(aws: Aws) -> None:
    make(aws)
    words = "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE"
    error = await refused(aws)
    assert (error.code, error.message.startswith(words)) == ("InvalidParameterException", True)
    role(aws)
    error = await refused(aws)
    assert "kinesis:PutRecord" in causes(error)
    allow(aws, "kinesis:PutRecord")
    error = await refused(aws)
    assert "ResourceNotFound" in causes(error) or "not found" in causes(error)
    assert aws.logs.describe_subscription_filters({"logGroupName": GROUP})["subscriptionFilters"] == []
    await streaming.make(aws)
    await subscribe(aws)
    (control,) = payloads(streaming.got(aws))
    assert control["messageType"] == "CONTROL_MESSAGE"
    assert (control["owner"], control["logGroup"], control["logStream"], control["subscriptionFilters"]) == (
        *("CloudwatchLogs", "", ""),
        ["f"],
    )
    assert control["logEvents"][0]["message"] == "CWL CONTROL MESSAGE: Checking health of destination"


async def test_a_role_that_trusts_somebody_else_is_refused(aws: Aws) -> None:
    make(aws)
    await streaming.make(aws)
    elsewhere = {"StringEquals": {"aws:SourceAccount": OTHER}}
    role(aws, "kinesis:PutRecord", Condition=elsewhere)
    error = await refused(aws)
    assert "sts:AssumeRole" in causes(error)


async def test_what_arrives_in_a_stream_is_the_payload_of_the_guide(aws: Aws) -> None:
    make(aws)
    role(aws, "kinesis:PutRecord")
    await streaming.make(aws)
    await subscribe(aws)
    put(aws, "ERROR one", "fine", "ERROR two")
    await aws.advance(seconds=1)
    data = payloads(streaming.got(aws))[-1]
    events = aws.logs.filter_log_events({"logGroupName": GROUP, "filterPattern": "ERROR"})["events"]
    assert data == {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": GROUP,
        "logStream": STREAM,
        "subscriptionFilters": ["f"],
        "logEvents": [
            {"id": each["eventId"], "timestamp": each["timestamp"], "message": each["message"]} for each in events
        ],
    }


@pytest.mark.parametrize(("distribution", "keys"), [("ByLogStream", 1), ("Random", 9)])
async def test_records_are_grouped_by_stream_or_at_random(aws: Aws, distribution: str, keys: int) -> None:
    make(aws)
    role(aws, "kinesis:PutRecord")
    await streaming.make(aws)
    await subscribe(aws, distribution=distribution)
    for number in range(9):
        put(aws, f"ERROR {number}")
    await aws.advance(seconds=1)
    found = aws.kinesis.get_records({"ShardIterator": streaming.iterator(aws)})["Records"][1:]
    assert len({each["PartitionKey"] for each in found}) == keys
    assert len(found) == 9


async def test_a_throttled_stream_is_tried_again_until_it_takes_the_events(aws: Aws) -> None:
    make(aws)
    role(aws, "kinesis:PutRecord")
    await streaming.make(aws)
    await subscribe(aws)
    await aws.advance(seconds=2)
    for _ in range(1000):
        streaming.put(aws)
    put(aws, "ERROR one")
    await aws.advance(ms=1)
    assert [each.facts["error"] for each in aws.events("logs.DeliveryThrottled")] == [
        "ProvisionedThroughputExceededException"
    ]
    await aws.advance(seconds=61)
    (event,) = aws.events("logs.Forwarded")
    assert (event.facts["destination"], event.facts["events"]) == ("kinesis", 1)


async def test_what_is_lost_with_its_stream_is_told(aws: Aws) -> None:
    make(aws)
    role(aws, "kinesis:PutRecord")
    await streaming.make(aws)
    await subscribe(aws)
    aws.kinesis.delete_stream({"StreamName": streaming.NAME})
    await aws.advance(seconds=60)
    put(aws, "ERROR one")
    await aws.advance(seconds=1)
    assert [each.facts["error"] for each in aws.events("logs.DeliveryFailed")] == ["ResourceNotFoundException"]


async def test_a_batch_that_no_functions_event_holds_is_sent_in_several(aws: Aws) -> None:
    make(aws)
    role(aws, "kinesis:PutRecord")
    await streaming.make(aws, shards=1)
    await subscribe(aws)
    await aws.advance(seconds=2)
    # Text that gzip makes hardly smaller.
    messages = [f"ERROR {b85encode(bytes.fromhex(aws.world.ids.hex(272_000))).decode()}" for _ in range(6)]
    put(aws, *messages)
    await aws.advance(seconds=130)
    sent = [each for each in payloads(streaming.got(aws)) if each["messageType"] == "DATA_MESSAGE"]
    assert len(sent) == 2
    assert [each["message"] for data in sent for each in data["logEvents"]] == messages


async def test_firehose_delivers_what_a_filter_sends(aws: Aws) -> None:
    make(aws)
    role(aws, "firehose:PutRecord")
    await firehose.make(aws, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 60})
    arn = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/{firehose.NAME}"
    await subscribe(aws, destination=arn)
    put(aws, "ERROR one")
    await aws.advance(seconds=61)
    (body,) = (await firehose.objects(aws)).values()
    control, data = [json.loads(line) for line in gzip.decompress(body).decode().replace("}{", "}\n{").splitlines()]
    assert control["messageType"] == "CONTROL_MESSAGE"
    assert [each["message"] for each in data["logEvents"]] == ["ERROR one"]


@pytest.mark.parametrize("kind", ["kinesis", "firehose"])
async def test_another_accounts_events_arrive_by_way_of_a_destination(aws: Aws, kind: str) -> None:
    role(aws, f"{kind}:PutRecord", Condition={"StringLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{OTHER}:*"}})
    if kind == "kinesis":
        await streaming.make(aws)
        target = streaming.ARN
    else:
        await firehose.make(aws, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 60})
        target = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/{firehose.NAME}"
    request = {"destinationName": "d", "targetArn": target, "roleArn": ROLE}
    with pytest.raises(AwsError, match="Could not deliver test message"):
        await aws.logs.put_destination(request)
    conditions = {"StringLike": {"aws:SourceArn": [f"arn:aws:logs:us-east-1:{each}:*" for each in (OTHER, ACCOUNT)]}}
    trust = {"Effect": "Allow", "Principal": TOOL, "Action": "sts:AssumeRole", "Condition": conditions}
    aws.iam.update_assume_role_policy({"RoleName": "forwards", "PolicyDocument": document(trust)})
    arn = (await aws.logs.put_destination(request))["destination"]["arn"]
    allowed = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "logs:PutSubscriptionFilter", "Resource": arn}
    aws.logs.put_destination_policy({"destinationName": "d", "accessPolicy": document(allowed)})
    sender = aws.in_account(OTHER)
    make(sender)
    filtered = {"logGroupName": GROUP, "filterName": "f", "filterPattern": "ERROR", "destinationArn": arn}
    await sender.logs.put_subscription_filter(filtered)
    put(sender, "ERROR from afar")
    await aws.advance(seconds=61)
    if kind == "kinesis":
        found = payloads(streaming.got(aws))
    else:
        (body,) = (await firehose.objects(aws)).values()
        text = gzip.decompress(body).decode()
        found = [json.loads(line) for line in text.replace("}{", "}\n{").splitlines()]
    assert (found[-1]["owner"], found[-1]["logEvents"][0]["message"]) == (OTHER, "ERROR from afar")


async def test_an_accounts_filter_is_for_every_group_but_those_it_names(aws: Aws) -> None:
    make(aws)
    make(aws, "/quiet")
    role(aws, "kinesis:PutRecord")
    policy = {"DestinationArn": streaming.ARN, "RoleArn": ROLE, "FilterPattern": "ERROR", "Distribution": "Random"}
    request = {
        "policyName": "everything",
        "policyType": "SUBSCRIPTION_FILTER_POLICY",
        "policyDocument": json.dumps(policy),
        "selectionCriteria": 'LogGroupName NOT IN ["/quiet"]',
    }
    with pytest.raises(AwsError, match="Could not deliver test message"):
        await aws.logs.put_account_policy(request)
    await streaming.make(aws)
    await aws.logs.put_account_policy(request)
    put(aws, "ERROR one")
    put(aws, "ERROR two", group="/quiet")
    await aws.advance(seconds=1)
    control, data = payloads(streaming.got(aws))
    assert (control["subscriptionFilters"], data["subscriptionFilters"]) == (["everything"], ["everything"])
    assert [each["message"] for each in data["logEvents"]] == ["ERROR one"]
    with pytest.raises(AwsError, match="LimitExceededException"):
        await aws.logs.put_account_policy({**request, "policyName": "more"})
    for wrong in ({"policyDocument": "{}"}, {"selectionCriteria": 'LogGroupNamePrefix = "/a"'}):
        with pytest.raises(AwsError, match="InvalidParameterException"):
            await aws.logs.put_account_policy({**request, **wrong})
    gone = {"policyName": "everything", "policyType": "SUBSCRIPTION_FILTER_POLICY"}
    aws.logs.delete_account_policy(gone)
    put(aws, "ERROR three")
    await aws.advance(seconds=1)
    assert len(streaming.got(aws)) == 2
