"""What streams cost: by the hour for their shards, by what is put into them and read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from foulweather.meter.bill import bill
from foulweather.meter.meter import Meter
from foulweather.testing import Aws, world


@pytest.fixture
def aws() -> Iterator[Aws]:
    with world(seed=1, start_ms=1_772_323_200_000) as opened:
        yield opened


def told(aws: Aws) -> dict[str, tuple[Decimal, Decimal]]:
    """Usage types with their quantities and their prices."""
    usage = Meter.of(aws.cloud.default.world).usage
    lines = aws._thread.call(lambda: bill(usage, aws.now_ms)).lines
    return {line.usage_type: (Decimal(line.quantity), Decimal(line.amount)) for line in lines}


def make(aws: Aws, **more: object) -> None:
    aws.client("kinesis").create_stream(StreamName="clicks", **(more or {"ShardCount": 2}))
    aws.advance("6s")


def near(found: Decimal, expected: str) -> bool:
    return abs(found - Decimal(expected)) <= Decimal(expected) / 1000


def test_shards_cost_by_the_hour_until_the_stream_is_gone(aws: Aws) -> None:
    make(aws)
    aws.advance("10h")
    assert near(told(aws)["Storage-ShardHour"][1], "0.30")
    aws.client("kinesis").update_shard_count(StreamName="clicks", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    aws.advance("10h")
    assert near(told(aws)["Storage-ShardHour"][1], "0.90")
    aws.client("kinesis").delete_stream(StreamName="clicks")
    aws.advance("1h")
    hours = told(aws)["Storage-ShardHour"][0]
    aws.advance("10h")
    assert told(aws)["Storage-ShardHour"][0] == hours


def test_longer_retention_and_consumers_cost_by_the_shard_hour(aws: Aws) -> None:
    make(aws)
    kinesis = aws.client("kinesis")
    kinesis.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
    arn = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamARN"]
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")
    aws.advance("100h")
    found = told(aws)
    assert near(found["Extended-ShardHour"][1], "4")
    assert near(found["EnhancedFanoutHour"][1], "3")
    kinesis.deregister_stream_consumer(StreamARN=arn, ConsumerName="app")
    aws.advance("100h")
    assert near(told(aws)["EnhancedFanoutHour"][0], "200")


def test_records_cost_by_units_of_25_kb_each(aws: Aws) -> None:
    make(aws)
    kinesis = aws.client("kinesis")
    kinesis.put_record(StreamName="clicks", Data=b"x" * 25_599, PartitionKey="k")
    kinesis.put_record(StreamName="clicks", Data=b"x" * 25_600, PartitionKey="k")
    records = [{"Data": b"x" * size, "PartitionKey": "k"} for size in (1, 60_000)]
    kinesis.put_records(StreamName="clicks", Records=records)
    assert told(aws)["PutRequestPayloadUnits"] == (7, 7 * Decimal("0.000000014"))


def test_a_stream_on_demand_costs_by_the_hour_and_by_whole_kilobytes(aws: Aws) -> None:
    make(aws, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    kinesis = aws.client("kinesis")
    kinesis.put_records(StreamName="clicks", Records=[{"Data": b"x" * 1_500, "PartitionKey": "k"}] * 100)
    aws.advance("5h")
    shards = kinesis.list_shards(StreamName="clicks")["Shards"]
    for shard in shards:
        asked = {"StreamName": "clicks", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**asked)["ShardIterator"])
    found = told(aws)
    assert near(found["OnDemand-StreamHour"][1], "0.20")
    assert near(found["OnDemand-BilledIncomingBytes"][0], str(Decimal(200 * 1024) / (1 << 30)))
    assert near(found["OnDemand-BilledOutgoingBytes"][0], str(Decimal(100 * 1_501) / (1 << 30)))
    assert "Storage-ShardHour" not in found


def test_firehose_costs_by_records_of_whole_five_kilobytes(aws: Aws) -> None:
    iam, s3, firehose = (aws.client(name) for name in ("iam", "s3", "firehose"))
    s3.create_bucket(Bucket="lake")
    trust = (
        '{"Statement":[{"Effect":"Allow","Principal":{"Service":"firehose.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    )
    role = iam.create_role(RoleName="delivery", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    destination = {"RoleARN": role, "BucketARN": "arn:aws:s3:::lake"}
    firehose.create_delivery_stream(DeliveryStreamName="logs", ExtendedS3DestinationConfiguration=destination)
    aws.advance("20s")
    firehose.put_record_batch(DeliveryStreamName="logs", Records=[{"Data": b"x" * size} for size in (1, 5_120, 5_121)])
    assert near(told(aws)["BilledBytes"][0], str(Decimal(20 * 1024) / (1 << 30)))
