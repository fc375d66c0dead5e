"""Changes of a table sent to a Kinesis stream."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.dynamodb.tables import item, made
from services.kms.kms_calls import allow, make_user

STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/changes"
SERVICE = "kinesisreplication.dynamodb.amazonaws.com"


async def enabled(aws: Aws, **more: Any) -> dict[str, Any]:
    aws.kinesis.create_stream({"StreamName": "changes", "ShardCount": 1})
    name = await made(aws)
    await aws.advance(seconds=10)
    request = {"TableName": name, "StreamArn": STREAM}
    told = await aws.dynamodb.enable_kinesis_streaming_destination({**request, **more})
    assert told["DestinationStatus"] == "ENABLING"
    await aws.advance(seconds=10)
    return request


def sent(aws: Aws) -> list[dict[str, Any]]:
    request = {"StreamName": "changes", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = aws.kinesis.get_shard_iterator(request)["ShardIterator"]
    return [json.loads(each["Data"]) for each in aws.kinesis.get_records({"ShardIterator": iterator})["Records"]]


async def test_changes_are_sent_with_both_images(aws: Aws) -> None:
    request = await enabled(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=1)})
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=2)})
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("a")})
    await aws.advance(ms=10)
    records = sent(aws)
    assert [each["eventName"] for each in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert records[1]["dynamodb"]["OldImage"] == item("a", n=1)
    assert records[1]["dynamodb"]["NewImage"] == item("a", n=2)
    assert records[0]["dynamodb"]["ApproximateCreationDateTime"] == aws.now - 10
    assert (records[0]["tableName"], records[0]["recordFormat"]) == ("orders", "application/json")
    aws.dynamodb.disable_kinesis_streaming_destination(request)
    await aws.advance(seconds=10)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("b")})
    await aws.advance(seconds=2)
    assert len(sent(aws)) == 3
    (described,) = aws.dynamodb.describe_kinesis_streaming_destination({"TableName": "orders"})[
        "KinesisDataStreamDestinations"
    ]
    assert described["DestinationStatus"] == "DISABLED"


async def test_what_a_shard_has_no_room_for_is_sent_later(aws: Aws) -> None:
    await enabled(aws)
    for number in range(5):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item(str(number), text="x" * 300_000)})
        await aws.advance(ms=10)
    assert aws.events("dynamodb.KinesisThrottled")
    await aws.advance(seconds=10)
    assert {each["dynamodb"]["Keys"]["pk"]["S"] for each in sent(aws)} == set("01234")


async def test_times_may_be_in_microseconds(aws: Aws) -> None:
    request = await enabled(aws)
    change = {"UpdateKinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": "MICROSECOND"}}
    told = aws.dynamodb.update_kinesis_streaming_destination({**request, **change})
    assert told["DestinationStatus"] == "UPDATING"
    await aws.advance(seconds=10)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    at = aws.now
    await aws.advance(ms=1)
    assert sent(aws)[0]["dynamodb"]["ApproximateCreationDateTime"] == at * 1000
    with pytest.raises(AwsError, match="Precision is already set"):
        aws.dynamodb.update_kinesis_streaming_destination({**request, **change})


async def test_destinations_are_refused_in_their_states(aws: Aws) -> None:
    await made(aws)
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        await aws.dynamodb.enable_kinesis_streaming_destination({"TableName": "orders", "StreamArn": STREAM})
    with pytest.raises(AwsError, match="must be ACTIVE to perform DISABLE"):
        aws.dynamodb.disable_kinesis_streaming_destination({"TableName": "orders", "StreamArn": STREAM})
    await aws.advance(seconds=10)
    aws.dynamodb.delete_table({"TableName": "orders"})
    await aws.advance(seconds=10)
    request = await enabled(aws)
    with pytest.raises(AwsError, match="must be DISABLED or ENABLE_FAILED to perform ENABLE"):
        await aws.dynamodb.enable_kinesis_streaming_destination(request)


async def test_a_caller_who_may_not_read_the_stream_or_make_the_role_is_refused(aws: Aws) -> None:
    aws.kinesis.create_stream({"StreamName": "changes", "ShardCount": 1})
    await made(aws)
    await aws.advance(seconds=10)
    ann = make_user(aws, "ann", "dynamodb:*")
    request = {"TableName": "orders", "StreamArn": STREAM}
    with pytest.raises(AwsError, match="User does not have a permission to use kinesis stream"):
        await ann.dynamodb.enable_kinesis_streaming_destination(request)
    allow(aws, "ann", "dynamodb:*", "kinesis:DescribeStream")
    with pytest.raises(AwsError, match="iam:CreateServiceLinkedRole"):
        await ann.dynamodb.enable_kinesis_streaming_destination(request)
