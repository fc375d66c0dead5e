"""Invocations: what targets get, with whose permissions, and what becomes of those that fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.services.scheduler.access import ACCESS
from foulweather.world.world import World
from harness import ACCOUNT, START_MS, Aws, new_aws
from services.scheduler.timed import Times

AT = "at(2026-01-01T00:01:00)"


async def test_context_attributes_are_put_into_the_input(aws: Aws, times) -> None:
    queue = times.queue()
    text = (
        '{"by": "<aws.scheduler.schedule-arn>", "at": "<aws.scheduler.scheduled-time>", '
        '"try": <aws.scheduler.attempt-number>}'
    )
    arn = times.schedule(AT, queue, times.role(), Target={"Input": text})
    await aws.advance(seconds=120)
    (message,) = times.received(queue)
    assert json.loads(message["Body"]) == {"by": arn, "at": "2026-01-01T00:01:00Z", "try": 1}


async def test_a_role_without_the_permission_drops_the_invocation_and_the_reason_is_on_record(aws: Aws, times) -> None:
    queue = times.queue()
    times.schedule(AT, queue, times.role("sns:Publish"))
    await aws.advance(seconds=120)
    assert times.received(queue) == []
    why = times.why()
    assert why.decision == "dropped"
    assert why.because[0].decision == "denied"
    assert len(aws.events("scheduler.InvocationDropped")) == 1


async def test_what_fails_goes_to_the_dead_letter_queue_with_the_reason(aws: Aws, times) -> None:
    dlq, role = times.queue("dlq"), times.role()
    gone = f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone"
    arn = times.schedule(AT, gone, role, Target={"Input": "{}", "DeadLetterConfig": {"Arn": dlq}})
    await aws.advance(seconds=120)
    (message,) = times.received(dlq)
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert message["Body"] == "{}"
    assert said["ERROR_CODE"].endswith(("QueueDoesNotExist", "NonExistentQueue"))
    assert (said["SCHEDULE_ARN"], said["TARGET_ARN"]) == (arn, gone)
    assert (said["SCHEDULED_TIME"], said["RETRY_ATTEMPTS"]) == ("2026-01-01T00:01:00Z", "0")


async def test_an_unavailable_target_is_tried_again_as_the_retry_policy_says(aws: Aws, times) -> None:
    dlq, role, queue = times.queue("dlq"), times.role(), times.queue()
    target = {"DeadLetterConfig": {"Arn": dlq}, "RetryPolicy": {"MaximumRetryAttempts": 3}}
    times.schedule(AT, queue, role, Target=target)
    Faults.of(aws.world).add(kind="unavailable", service="sqs", operation="SendMessage", resource=queue)
    await aws.advance(seconds=600)
    (message,) = times.received(dlq)
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert (said["EXHAUSTED_RETRY_CONDITION"], said["RETRY_ATTEMPTS"]) == ("MaximumRetryAttempts", "3")
    assert len(aws.events("scheduler.InvocationAttempted")) == 4


async def test_a_universal_target_calls_any_operation_with_the_role(aws: Aws, times) -> None:
    queue = times.queue()
    url = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/inbox"
    text = json.dumps({"QueueUrl": url, "MessageBody": "hello"})
    times.schedule(AT, "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", times.role(), Target={"Input": text})
    await aws.advance(seconds=120)
    assert [message["Body"] for message in times.received(queue)] == ["hello"]


@pytest.mark.parametrize(
    ("arn", "text", "code", "words"),
    [
        ("arn:aws:scheduler:::aws-sdk:sqs:sendPigeon", "{}", "ValidationException", "not a supported API action"),
        ("arn:aws:scheduler:::aws-sdk:sqs:listQueues", "{}", "ValidationException", "read-only"),
        ("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", '{"Body": 1}', "ValidationException", "Body is not supported"),
        ("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "{}", "ValidationException", "is required"),
        ("arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "{}", "NotImplemented", "StopInstances"),
        (f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c", "{}", "NotImplemented", "ecs"),
        ("queue", "{}", "ValidationException", "Provided Arn is not in correct format"),
        (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", "{", "ValidationException", "must be well-formed JSON"),
    ],
)  # fmt: skip
def test_targets_that_cannot_be_are_refused(aws: Aws, times, arn, text, code, words) -> None:
    with pytest.raises(AwsError) as refused:
        times.schedule(AT, arn, times.role(), Target={"Input": text})
    assert refused.value.code == code
    assert words in refused.value.message


async def test_a_schedule_puts_events_on_a_bus(aws: Aws, times) -> None:
    queue, role = times.queue(), times.role("events:PutEvents")
    bus = aws.events_.create_event_bus({"Name": "shop"})["EventBusArn"]
    rule = aws.events_.put_rule({"Name": "all", "EventBusName": "shop", "EventPattern": '{"source": ["timer"]}'})
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
               "Resource": queue, "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}}}  # fmt: skip
    url = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/inbox"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": policy}})
    aws.events_.put_targets({"Rule": "all", "EventBusName": "shop", "Targets": [{"Id": "1", "Arn": queue}]})
    parameters = {"EventBridgeParameters": {"Source": "timer", "DetailType": "Tick"}, "Input": '{"n": 1}'}
    times.schedule(AT, bus, role, Target=parameters)
    await aws.advance(seconds=120)
    (message,) = times.received(queue)
    assert json.loads(message["Body"])["detail"] == {"n": 1}


async def test_a_schedule_writes_to_a_stream(aws: Aws, times) -> None:
    aws.kinesis.create_stream({"StreamName": "ticks", "ShardCount": 1})
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/ticks"
    role = times.role("kinesis:PutRecord")
    with pytest.raises(AwsError, match="KinesisParameters must be specified"):
        times.schedule(AT, arn, role)
    times.schedule(AT, arn, role, Target={"KinesisParameters": {"PartitionKey": "k"}, "Input": '"tick"'})
    await aws.advance(seconds=120)
    asked = {"StreamARN": arn, "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = aws.kinesis.get_shard_iterator(asked)["ShardIterator"]
    (record,) = aws.kinesis.get_records({"ShardIterator": iterator})["Records"]
    assert (record["PartitionKey"], record["Data"]) == ("k", b'"tick"')


async def test_a_universal_target_publishes_with_attributes_and_takes_blobs_as_text(aws: Aws, times) -> None:
    aws.kinesis.create_stream({"StreamName": "ticks", "ShardCount": 1})
    text = json.dumps({"StreamName": "ticks", "Data": "tock", "PartitionKey": "<aws.scheduler.execution-id>"})
    universal = "arn:aws:scheduler:::aws-sdk:kinesis:putRecord"
    times.schedule(AT, universal, times.role("kinesis:PutRecord"), Target={"Input": text})
    await aws.advance(seconds=120)
    asked = {"StreamName": "ticks", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = aws.kinesis.get_shard_iterator(asked)["ShardIterator"]
    (record,) = aws.kinesis.get_records({"ShardIterator": iterator})["Records"]
    assert record["Data"] == b"tock"
    assert len(record["PartitionKey"]) == 16


def test_the_role_must_be_passed(aws: Aws, times) -> None:
    queue, role = times.queue(), times.role()
    aws.iam.create_user({"UserName": "ann"})
    allowed = {"Effect": "Allow", "Action": "scheduler:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": policy})
    user = aws.iam.get_user({"UserName": "ann"})["User"]
    ann = aws.as_principal(Principal("user", user["Arn"], ACCOUNT, user["UserId"]))
    with pytest.raises(AwsError) as refused:
        type(times)(ann).schedule(AT, queue, role)
    assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 403)
    assert "iam:PassRole" in refused.value.message


def test_every_operation_that_is_built_has_its_row(aws: Aws) -> None:
    services = aws.pipeline.services
    service = services.find("scheduler")
    assert service is not None
    assert set(services.built(service)) == set(ACCESS)


async def test_an_invocation_under_way_survives_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    times = Times(aws)
    queue = times.queue()
    times.schedule("rate(1 hour)", queue, times.role())
    aws.world.close()
    again = new_aws(world=World(seed=1, mode="held", start_ms=START_MS, directory=tmp_path))
    await again.advance(seconds=3_600)
    assert len(Times(again).received(queue)) == 2


@pytest.mark.parametrize("member", ["LogGroupName", "logGroupName"])
async def test_a_universal_targets_input_has_the_names_of_the_sdk_for_java(aws: Aws, times, member: str) -> None:
    target = "arn:aws:scheduler:::aws-sdk:cloudwatchlogs:createLogGroup"
    times.schedule(AT, target, times.role("logs:*"), Target={"Input": json.dumps({member: "made"})})
    await aws.advance(seconds=7200)
    assert [each["logGroupName"] for each in aws.logs.describe_log_groups({})["logGroups"]] == ["made"]
