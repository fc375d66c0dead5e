"""One table in three regions: a write anywhere is everywhere a second later, and the last writer wins."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused
from catalog.tables import TABLE, dynamodb, item, orders
from foulweather.gates.faults import Faults
from foulweather.testing import Aws

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1")
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.fixture
def tables(aws: Aws) -> dict[str, Any]:
    """A client of each region, where the table is."""
    client = orders(aws, StreamSpecification=STREAM)
    client.put_item(TableName=TABLE, Item=item("before"))
    for region in REGIONS[1:]:
        client.update_table(TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": region}}])
        aws.advance("10m")
    return {region: dynamodb(aws, region) for region in REGIONS}


def got(table: Any, pk: str) -> dict[str, Any] | None:
    return table.get_item(TableName=TABLE, Key=item(pk)).get("Item")


def test_every_region_knows_the_other_two_and_has_what_was_there(tables: dict[str, Any]) -> None:
    for region, table in tables.items():
        told = table.describe_table(TableName=TABLE)["Table"]
        assert f":{region}:" in told["TableArn"]
        replicas = {replica["RegionName"]: replica["ReplicaStatus"] for replica in told["Replicas"]}
        assert {other for other in replicas if other != region} == set(REGIONS) - {region}
        assert set(replicas.values()) == {"ACTIVE"}
        assert got(table, "before") == item("before")


@pytest.mark.parametrize("origin", REGIONS)
def test_a_write_anywhere_is_read_in_the_others_about_a_second_later(
    aws: Aws, tables: dict[str, Any], origin: str
) -> None:
    tables[origin].put_item(TableName=TABLE, Item=item("order", status="OPEN"))
    others = [table for region, table in tables.items() if region != origin]
    assert [got(table, "order") for table in others] == [None, None]
    aws.advance("2s")
    assert [got(table, "order") for table in others] == [item("order", status="OPEN")] * 2
    tables[origin].delete_item(TableName=TABLE, Key=item("order"))
    aws.advance("2s")
    assert [got(table, "order") for table in others] == [None, None]


def test_of_concurrent_writes_the_last_one_wins_everywhere(aws: Aws, tables: dict[str, Any]) -> None:
    for likes, region in enumerate(REGIONS, 1):
        tables[region].put_item(TableName=TABLE, Item=item("post", likes=likes))
        aws.advance("100ms")
    assert [got(table, "post") for table in tables.values()] == [item("post", likes=n) for n in (1, 2, 3)]
    aws.advance("5s")
    assert [got(table, "post") for table in tables.values()] == [item("post", likes=3)] * 3


def test_a_counter_that_two_regions_raise_at_once_loses(aws: Aws, tables: dict[str, Any]) -> None:
    for region in REGIONS[:2]:
        for _ in range(5):
            tables[region].update_item(
                TableName=TABLE,
                Key=item("post"),
                UpdateExpression="ADD likes :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        aws.advance("10ms")
    aws.advance("5s")
    assert [got(table, "post") for table in tables.values()] == [item("post", likes=5)] * 3


def test_a_region_that_is_away_leaves_the_others_at_work_and_catches_up(aws: Aws, tables: dict[str, Any]) -> None:
    faults = Faults.of(aws.cloud.default.world)
    fault = faults.add(kind="unavailable", service="dynamodb", region="eu-west-1")
    assert refused(tables["eu-west-1"].get_item, TableName=TABLE, Key=item("before"))["Status"] == 503
    tables["us-east-1"].put_item(TableName=TABLE, Item=item("order"))
    aws.advance("1m")
    assert got(tables["ap-southeast-1"], "order") == item("order")
    faults.clear(fault.id)
    assert got(tables["eu-west-1"], "order") is None
    aws.advance("1m")
    assert got(tables["eu-west-1"], "order") == item("order")


def test_a_table_without_a_stream_gets_no_replica(aws: Aws) -> None:
    client = orders(aws)
    error = refused(client.update_table, TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    assert error["Code"] == "ValidationException"
