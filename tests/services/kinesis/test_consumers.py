from __future__ import annotations

import asyncio
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.kinesis.streaming import ARN, NAME, make, put, refused

SHARD = "shardId-000000000000"


async def registered(aws: Aws, name: str = "reader") -> str:
    await make(aws)
    made = aws.kinesis.register_stream_consumer({"StreamARN": ARN, "ConsumerName": name})["Consumer"]
    assert made["ConsumerStatus"] == "CREATING"
    await aws.advance(seconds=5)
    return made["ConsumerARN"]


def subscribe(aws: Aws, consumer: str, kind: str = "LATEST") -> Any:
    request = {"ConsumerARN": consumer, "ShardId": SHARD, "StartingPosition": {"Type": kind}}
    return aws.kinesis.subscribe_to_shard(request)["EventStream"]


async def test_a_consumer_is_pushed_what_comes(aws: Aws) -> None:
    consumer = await registered(aws)
    put(aws, b"a")
    events = subscribe(aws, consumer, "TRIM_HORIZON")
    name, event = await anext(events)
    assert name == "SubscribeToShardEvent"
    assert [each["Data"] for each in event["Records"]] == [b"a"]
    assert event["ContinuationSequenceNumber"] == event["Records"][-1]["SequenceNumber"]
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    await aws.advance(seconds=2)
    put(aws, b"b")
    _, event = await waiting
    assert [each["Data"] for each in event["Records"]] == [b"b"]
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    await aws.advance(seconds=301)
    with pytest.raises(StopAsyncIteration):
        await waiting


async def test_a_consumer_is_pushed_the_records_of_a_call_together(aws: Aws) -> None:
    events = subscribe(aws, await registered(aws))
    await anext(events)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    entries = [{"Data": data, "PartitionKey": "k"} for data in (b"a", b"b")]
    aws.kinesis.put_records({"StreamName": NAME, "Records": entries})
    _, event = await waiting
    assert [each["Data"] for each in event["Records"]] == [b"a", b"b"]


async def test_a_second_subscription_waits_five_seconds_and_takes_over(aws: Aws) -> None:
    consumer = await registered(aws)
    first = subscribe(aws, consumer)
    await anext(first)
    request = {"ConsumerARN": consumer, "ShardId": SHARD, "StartingPosition": {"Type": "LATEST"}}
    assert refused(aws.kinesis.subscribe_to_shard, request).code == "ResourceInUseException"
    await aws.advance(seconds=5)
    second = subscribe(aws, consumer)
    await anext(second)
    put(aws)
    with pytest.raises(AwsError, match="ResourceInUseException"):
        await anext(first)
    assert len((await anext(second))[1]["Records"]) == 1
    await second.aclose()


async def test_consumers_are_listed_and_stand_in_a_deletions_way(aws: Aws) -> None:
    consumer = await registered(aws)
    (listed,) = aws.kinesis.list_stream_consumers({"StreamARN": ARN})["Consumers"]
    assert (listed["ConsumerARN"], listed["ConsumerStatus"]) == (consumer, "ACTIVE")
    request = {"StreamARN": ARN, "ConsumerName": "reader"}
    assert refused(aws.kinesis.register_stream_consumer, request).code == "ResourceInUseException"
    found = aws.kinesis.describe_stream_consumer(request)["ConsumerDescription"]
    assert found["StreamARN"] == ARN
    assert refused(aws.kinesis.delete_stream, {"StreamName": NAME}).code == "ResourceInUseException"
    aws.kinesis.deregister_stream_consumer({"ConsumerARN": consumer})
    await aws.advance(seconds=5)
    assert refused(aws.kinesis.describe_stream_consumer, request).code == "ResourceNotFoundException"
    aws.kinesis.delete_stream({"StreamName": NAME})


async def test_shard_metrics_are_told_only_where_they_are_on(aws: Aws) -> None:
    await make(aws)
    put(aws)
    assert aws.events("kinesis.ShardPut") == []
    told = aws.kinesis.enable_enhanced_monitoring({"StreamName": NAME, "ShardLevelMetrics": ["ALL"]})
    assert (told["CurrentShardLevelMetrics"], len(told["DesiredShardLevelMetrics"])) == ([], 7)
    await aws.advance(seconds=5)
    put(aws, b"abc")
    (event,) = aws.events("kinesis.ShardPut")
    assert (event.facts["shard"], event.facts["bytes"], event.facts["records"]) == (SHARD, 4, 1)
    told = aws.kinesis.disable_enhanced_monitoring({"StreamName": NAME, "ShardLevelMetrics": ["IncomingBytes"]})
    assert "IncomingBytes" not in told["DesiredShardLevelMetrics"]


async def test_a_subscription_ends_with_its_stream(aws: Aws) -> None:
    consumer = await registered(aws)
    events = subscribe(aws, consumer)
    await anext(events)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    aws.kinesis.delete_stream({"StreamName": NAME, "EnforceConsumerDeletion": True})
    await aws.advance(seconds=10)
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        await waiting
