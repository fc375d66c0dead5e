"""Streams as people type them, and as boto3 and its event streams use them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clients.running import Cloud

pytestmark = [pytest.mark.client]


def made(cloud: Cloud, name: str, shards: int = 1) -> Any:
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    return kinesis


@pytest.mark.needs("aws")
def test_records_are_put_and_got_with_the_cli(cloud: Cloud) -> None:
    made(cloud, "typed")
    data = base64.b64encode(b"hello").decode()
    put = cloud.aws("kinesis", "put-record", "--stream-name", "typed", "--partition-key", "k", "--data", data)
    asked = ("--stream-name", "typed", "--shard-id", put["ShardId"], "--shard-iterator-type", "TRIM_HORIZON")
    iterator = cloud.aws("kinesis", "get-shard-iterator", *asked)["ShardIterator"]
    (record,) = cloud.aws("kinesis", "get-records", "--shard-iterator", iterator)["Records"]
    assert (record["SequenceNumber"], record["PartitionKey"]) == (put["SequenceNumber"], "k")


def test_a_consumer_is_pushed_records_over_an_event_stream(cloud: Cloud) -> None:
    kinesis = made(cloud, "pushed")
    arn = kinesis.describe_stream_summary(StreamName="pushed")["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    for _ in range(20):
        told = kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]
        if told["ConsumerStatus"] == "ACTIVE":
            break
        cloud.run("sleep", "0.5")
    kinesis.put_record(StreamName="pushed", Data=b"one", PartitionKey="k")
    position = {"Type": "TRIM_HORIZON"}
    stream = kinesis.subscribe_to_shard(
        ConsumerARN=consumer, ShardId="shardId-000000000000", StartingPosition=position
    )["EventStream"]
    events = iter(stream)
    first = next(events)["SubscribeToShardEvent"]
    assert [each["Data"] for each in first["Records"]] == [b"one"]
    kinesis.put_record(StreamName="pushed", Data=b"two", PartitionKey="k")
    assert [each["Data"] for each in next(events)["SubscribeToShardEvent"]["Records"]] == [b"two"]
    stream.close()


def put_until_refused(kinesis: Any) -> None:
    for _ in range(20):
        kinesis.put_record(StreamName="hot", Data=b"x" * 1_000_000, PartitionKey="user-1")


def test_a_hot_shard_is_refused_and_why_names_its_key(cloud: Cloud) -> None:
    kinesis = made(cloud, "hot", 2)
    entries = [{"Data": b"x" * 300_000, "PartitionKey": "user-1"}] * 5
    told = kinesis.put_records(StreamName="hot", Records=entries)
    assert told["FailedRecordCount"] == 2
    with pytest.raises(ClientError) as caught:
        put_until_refused(kinesis)
    error = caught.value.response["Error"]
    assert error["Code"] == "ProvisionedThroughputExceededException"
    request_id = caught.value.response["ResponseMetadata"]["RequestId"]
    assert "'user-1'" in cloud.first_cause(request_id)["cause"]
