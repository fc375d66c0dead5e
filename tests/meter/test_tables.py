"""What tables cost: units by the request or by the hour, bytes by the month, copies, streams and backups."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from foulweather.meter.bill import GIB, bill
from foulweather.meter.meter import Meter
from foulweather.testing import Aws, world

HASH: Any = [{"AttributeName": "id", "KeyType": "HASH"}]
ATTRIBUTES: Any = [{"AttributeName": "id", "AttributeType": "S"}]
BY: Any = {
    "IndexName": "by-who",
    "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
WHO: Any = {"AttributeName": "who", "AttributeType": "S"}
ITEM: Any = {"id": {"S": "1"}, "who": {"S": "ann"}, "text": {"S": "x" * 1000}}  # 3 + 6 + 1004 bytes: one write unit
ITEM_BYTES = 3 + 6 + 1004
INDEX_BYTES = 3 + 6


@pytest.fixture
def aws() -> Iterator[Aws]:
    with world(seed=1, start_ms=1_772_323_200_000) as opened:  # 2026-03-01, a month of 31 days
        yield opened


def table(aws: Aws, **given: Any) -> Any:
    given = {"BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": ATTRIBUTES, **given}
    client = aws.client("dynamodb")
    client.create_table(TableName="orders", KeySchema=HASH, **given)
    aws.advance("1m")
    return client


def told(aws: Aws, region: str = "us-east-1") -> dict[str, tuple[Decimal, Decimal]]:
    """Usage types of the table in a Region, with their quantities and what they cost."""
    usage = Meter.of(aws.cloud.default.world).usage
    lines = aws._thread.call(lambda: bill(usage, aws.now_ms)).lines
    return {
        line.usage_type: (Decimal(line.quantity), Decimal(line.amount or -1))
        for line in lines
        if (line.service, line.region, line.resource) == ("dynamodb", region, "orders")
    }


def held(aws: Aws, usage_type: str = "TimedStorage-ByteHrs") -> int:
    """The bytes that lie there, as the meter knows them."""
    usage = Meter.of(aws.cloud.default.world).usage
    return sum(amount for place, amount in usage.standing() if place.usage_type == usage_type)


def test_on_demand_units_cost_by_the_request_with_those_of_indexes(aws: Aws) -> None:
    client = table(aws, AttributeDefinitions=[*ATTRIBUTES, WHO], GlobalSecondaryIndexes=[BY])
    client.put_item(TableName="orders", Item=ITEM)
    client.get_item(TableName="orders", Key={"id": ITEM["id"]})
    client.get_item(TableName="orders", Key={"id": ITEM["id"]}, ConsistentRead=True)
    found = told(aws)
    assert found["WriteRequestUnits"] == (2, Decimal("0.00000125"))
    assert found["ReadRequestUnits"] == (Decimal("1.5"), Decimal("0.0000001875"))
    assert "WriteCapacityUnit-Hrs" not in found


def test_a_filter_does_not_make_a_scan_cheaper(aws: Aws) -> None:
    client = table(aws)
    for number in range(8):
        client.put_item(TableName="orders", Item={**ITEM, "id": {"S": str(number)}})
    before = told(aws).get("ReadRequestUnits", (Decimal(0),))[0]
    values: Any = {":nobody": {"S": "nobody"}}
    scan = client.scan(TableName="orders", FilterExpression="who = :nobody", ExpressionAttributeValues=values)
    assert scan["Count"] == 0
    assert told(aws)["ReadRequestUnits"][0] - before == 1


def test_provisioned_units_cost_by_the_hour_used_or_not(aws: Aws) -> None:
    units: Any = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 5}
    index = {**BY, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}}
    client = table(
        aws,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units,
        AttributeDefinitions=[*ATTRIBUTES, WHO],
        GlobalSecondaryIndexes=[index],
    )
    client.put_item(TableName="orders", Item=ITEM)
    aws.advance("59m")
    found = told(aws)
    assert found["ReadCapacityUnit-Hrs"] == (11, Decimal("0.00143"))
    assert found["WriteCapacityUnit-Hrs"] == (7, Decimal("0.00455"))
    assert "WriteRequestUnits" not in found
    client.update_table(TableName="orders", BillingMode="PAY_PER_REQUEST")
    aws.advance("10h")
    assert told(aws)["ReadCapacityUnit-Hrs"] == found["ReadCapacityUnit-Hrs"]


def test_bytes_cost_with_a_hundred_more_for_each_item_and_each_entry(aws: Aws) -> None:
    client = table(aws, AttributeDefinitions=[*ATTRIBUTES, WHO], GlobalSecondaryIndexes=[BY])
    client.put_item(TableName="orders", Item=ITEM)
    assert held(aws) == ITEM_BYTES + INDEX_BYTES + 200
    aws.advance("31d")
    assert abs(told(aws)["TimedStorage-ByteHrs"][0] * GIB / held(aws) - 1) < Decimal("0.0001")
    client.put_item(TableName="orders", Item={"id": {"S": "1"}})
    assert held(aws) == 3 + 100
    client.delete_item(TableName="orders", Key={"id": {"S": "1"}})
    assert held(aws) == 0


def test_an_index_that_is_made_later_costs_what_is_in_it(aws: Aws) -> None:
    client = table(aws)
    client.put_item(TableName="orders", Item=ITEM)
    client.update_table(
        TableName="orders", AttributeDefinitions=[*ATTRIBUTES, WHO], GlobalSecondaryIndexUpdates=[{"Create": BY}]
    )
    aws.advance("1h")
    assert held(aws) == ITEM_BYTES + INDEX_BYTES + 200
    client.update_table(TableName="orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-who"}}])
    aws.advance("1h")
    assert held(aws) == ITEM_BYTES + 100
    client.delete_table(TableName="orders")
    aws.advance("1h")
    assert held(aws) == 0


def test_expired_items_cost_no_longer(aws: Aws) -> None:
    client = table(aws)
    client.update_time_to_live(TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    aws.advance("2h")
    client.put_item(TableName="orders", Item={"id": {"S": "1"}, "until": {"N": str(aws.now_ms // 1000 + 60)}})
    assert held(aws) > 0
    aws.advance("3d")
    assert held(aws) == 0
    assert told(aws)["WriteRequestUnits"][0] == 1


def test_recovery_backups_and_restores_cost_beside_the_table(aws: Aws) -> None:
    client = table(aws)
    client.put_item(TableName="orders", Item=ITEM)
    wanted: Any = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName="orders", PointInTimeRecoverySpecification=wanted)
    assert held(aws, "TimedPITRStorage-ByteHrs") == ITEM_BYTES + 100
    client.put_item(TableName="orders", Item={"id": {"S": "2"}})
    assert held(aws, "TimedPITRStorage-ByteHrs") == ITEM_BYTES + 100 + 103
    backup = client.create_backup(TableName="orders", BackupName="kept")["BackupDetails"]["BackupArn"]
    aws.advance("1h")
    assert held(aws, "TimedBackupStorage-ByteHrs") == ITEM_BYTES + 3
    client.restore_table_from_backup(TargetTableName="copy", BackupArn=backup)
    assert held(aws) == 2 * (ITEM_BYTES + 3 + 200)
    client.delete_backup(BackupArn=backup)
    assert held(aws, "TimedBackupStorage-ByteHrs") == 0
    client.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    assert held(aws, "TimedPITRStorage-ByteHrs") == 0
    usage = Meter.of(aws.cloud.default.world).usage
    lines = aws._thread.call(lambda: bill(usage, aws.now_ms)).lines
    restored = next(line for line in lines if line.usage_type == "RestoreDataSize-Bytes")
    assert (restored.resource, Decimal(restored.quantity).quantize(Decimal("1e-12"))) == (
        "copy",
        (Decimal(ITEM_BYTES + 3) / GIB).quantize(Decimal("1e-12")),
    )


def test_a_write_of_a_global_table_costs_in_each_region(aws: Aws) -> None:
    stream: Any = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    client = table(aws, StreamSpecification=stream)
    client.update_table(TableName="orders", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    aws.advance("1h")
    client.put_item(TableName="orders", Item=ITEM)
    aws.advance("1m")
    here = told(aws)["ReplWriteRequestUnits"]
    assert here == (1, Decimal("0.000000625"))
    assert told(aws, "eu-west-1")["ReplWriteRequestUnits"][0] == 1
    assert "WriteRequestUnits" not in told(aws)
    assert held(aws) == 2 * (ITEM_BYTES + 100)


def test_reads_of_a_stream_cost_by_the_request(aws: Aws) -> None:
    client = table(aws, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    arn = client.describe_table(TableName="orders")["Table"].get("LatestStreamArn", "")
    streams = aws.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"].get("Shards", [])[0].get("ShardId", "")
    at = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
    streams.get_records(ShardIterator=at)
    assert told(aws)["Streams-Requests"] == (1, Decimal("0.0000002"))
