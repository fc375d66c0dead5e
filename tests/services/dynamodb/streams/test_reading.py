from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import streams_state
from foulweather.services.dynamodb.streams import limits
from harness import Aws
from services.dynamodb.tables import item, made

VIEWS = {
    "KEYS_ONLY": (None, None),
    "NEW_IMAGE": (item("a", n=2), None),
    "OLD_IMAGE": (None, item("a", n=1)),
    "NEW_AND_OLD_IMAGES": (item("a", n=2), item("a", n=1)),
}


async def streamed(aws: Aws, view: str = "NEW_AND_OLD_IMAGES") -> str:
    await made(aws, read=10, write=10, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
    return aws.dynamodbstreams.list_streams({"TableName": "orders"})["Streams"][0]["StreamArn"]


def shards(aws: Aws, arn: str) -> list[dict[str, Any]]:
    return aws.dynamodbstreams.describe_stream({"StreamArn": arn})["StreamDescription"]["Shards"]


def iterator(aws: Aws, arn: str, shard: str, kind: str = "TRIM_HORIZON", **more: str) -> str:
    asked = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind, **more}
    return aws.dynamodbstreams.get_shard_iterator(asked)["ShardIterator"]


def records(aws: Aws, at: str, **more: int) -> list[dict[str, Any]]:
    return aws.dynamodbstreams.get_records({"ShardIterator": at, **more})["Records"]


@pytest.mark.parametrize("view", VIEWS)
async def test_a_stream_shows_what_its_view_shows(aws: Aws, view: str) -> None:
    arn = await streamed(aws, view)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=1)})
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=2)})
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=2)})
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("a")})
    (shard,) = shards(aws, arn)
    found = records(aws, iterator(aws, arn, shard["ShardId"]))
    # A write that changes nothing is not a change.
    assert [record["eventName"] for record in found] == ["INSERT", "MODIFY", "REMOVE"]
    change = found[1]["dynamodb"]
    assert (change.get("NewImage"), change.get("OldImage")) == VIEWS[view]
    assert change["Keys"] == item("a")
    assert change["ApproximateCreationDateTime"] % 1000 == 0
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in found]
    assert numbers == sorted(numbers)
    assert all(21 <= len(record["dynamodb"]["SequenceNumber"]) <= 40 for record in found)


async def test_iterators_of_all_types(aws: Aws) -> None:
    arn = await streamed(aws)
    for n in range(3):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=n)})
    shard = shards(aws, arn)[0]["ShardId"]
    first = records(aws, iterator(aws, arn, shard), Limit=2)
    assert len(first) == 2
    number = first[1]["dynamodb"]["SequenceNumber"]
    assert len(records(aws, iterator(aws, arn, shard, "AT_SEQUENCE_NUMBER", SequenceNumber=number))) == 2
    assert len(records(aws, iterator(aws, arn, shard, "AFTER_SEQUENCE_NUMBER", SequenceNumber=number))) == 1
    latest = iterator(aws, arn, shard, "LATEST")
    assert records(aws, latest) == []
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("b")})
    assert len(records(aws, latest)) == 1


async def test_an_iterator_lasts_for_a_quarter_of_an_hour(aws: Aws) -> None:
    arn = await streamed(aws)
    at = iterator(aws, arn, shards(aws, arn)[0]["ShardId"])
    await aws.advance(ms=limits.ITERATOR_MS + 1)
    with pytest.raises(AwsError) as refused:
        records(aws, at)
    assert refused.value.code == "ExpiredIteratorException"


async def test_records_last_for_a_day_and_shards_for_four_hours(aws: Aws) -> None:
    arn = await streamed(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    await aws.advance(ms=streams_state.SHARD_MS)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("b")})
    old, new = shards(aws, arn)
    assert new["ParentShardId"] == old["ShardId"]
    read = aws.dynamodbstreams.get_records({"ShardIterator": iterator(aws, arn, old["ShardId"])})
    assert len(read["Records"]) == 1
    assert "NextShardIterator" not in read
    await aws.advance(ms=streams_state.KEPT_MS)
    assert [shard["ShardId"] for shard in shards(aws, arn)] == [new["ShardId"]]
    assert records(aws, iterator(aws, arn, new["ShardId"])) == []


async def test_a_shard_is_read_five_times_a_second(aws: Aws) -> None:
    arn = await streamed(aws)
    at = iterator(aws, arn, shards(aws, arn)[0]["ShardId"])
    for _ in range(limits.READS_BURST):
        records(aws, at)
    with pytest.raises(AwsError) as refused:
        records(aws, at)
    assert refused.value.code == "LimitExceededException"
    await aws.advance(seconds=1)
    records(aws, at)


async def test_a_stream_that_is_turned_off_can_be_read_for_a_day(aws: Aws) -> None:
    arn = await streamed(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    aws.dynamodb.update_table({"TableName": "orders", "StreamSpecification": {"StreamEnabled": False}})
    assert len(records(aws, iterator(aws, arn, shards(aws, arn)[0]["ShardId"]))) == 1
    described = aws.dynamodbstreams.describe_stream({"StreamArn": arn})["StreamDescription"]
    assert described["StreamStatus"] == "DISABLING"
    await aws.advance(seconds=10)
    described = aws.dynamodbstreams.describe_stream({"StreamArn": arn})["StreamDescription"]
    assert described["StreamStatus"] == "DISABLED"
