"""Streams as people type them, and as boto3 and its event streams use them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clients.running import Cloud, allowing, policy

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


@pytest.mark.needs("aws")
def test_a_delivery_stream_is_made_and_fed_with_the_cli(cloud: Cloud) -> None:
    aws = cloud.aws
    trusted = {"Principal": {"Service": "firehose.amazonaws.com"}}
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", **trusted})
    role = aws("iam", "create-role", "--role-name", "typed", "--assume-role-policy-document", trust)["Role"]["Arn"]
    asked = ("--role-name", "typed", "--policy-name", "put")
    aws("iam", "put-role-policy", *asked, "--policy-document", policy(allowing("s3:PutObject")))
    aws("s3api", "create-bucket", "--bucket", "typed-lake")
    hints = "BufferingHints={SizeInMBs=1,IntervalInSeconds=0}"
    destination = f"RoleARN={role},BucketARN=arn:aws:s3:::typed-lake,Prefix=typed/,{hints}"
    made = ("--delivery-stream-name", "typed", "--extended-s3-destination-configuration", destination)
    aws("firehose", "create-delivery-stream", *made)
    for _ in range(40):
        told = aws("firehose", "describe-delivery-stream", "--delivery-stream-name", "typed")
        if told["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE":
            break
        cloud.run("sleep", "0.3")
    record = json.dumps({"Data": base64.b64encode(b"hello").decode()})
    aws("firehose", "put-record", "--delivery-stream-name", "typed", "--record", record)
    for _ in range(20):
        listed = aws("s3api", "list-objects-v2", "--bucket", "typed-lake").get("Contents", [])
        if listed:
            break
        cloud.run("sleep", "0.3")
    assert listed[0]["Key"].startswith("typed/20")
