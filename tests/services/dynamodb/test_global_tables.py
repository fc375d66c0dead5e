from __future__ import annotations

from typing import Any

import pytest

from foulweather.gates.faults import Faults
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import limits
from harness import Aws
from services.dynamodb.tables import item, made

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


async def replicated(aws: Aws) -> Aws:
    """A table in two regions; the caller in the other one."""
    await made(aws, StreamSpecification=STREAM)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("before")})
    update = {"Create": {"RegionName": "eu-west-1"}}
    aws.dynamodb.update_table({"TableName": "orders", "ReplicaUpdates": [update]})
    await aws.advance(ms=limits.RESTORE_MS + 1000)
    return aws.in_region("eu-west-1")


def got(aws: Aws, pk: str) -> Any:
    return aws.dynamodb.get_item({"TableName": "orders", "Key": item(pk)}).get("Item")


async def test_a_replica_begins_with_what_is_there(aws: Aws) -> None:
    there = await replicated(aws)
    assert got(there, "before") == item("before")
    for each, other in ((aws, "eu-west-1"), (there, "us-east-1")):
        (replica,) = each.dynamodb.describe_table({"TableName": "orders"})["Table"]["Replicas"]
        assert (replica["RegionName"], replica["ReplicaStatus"]) == (other, "ACTIVE")


async def test_a_write_is_in_the_other_region_a_second_later(aws: Aws) -> None:
    there = await replicated(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=1)})
    assert got(there, "a") is None
    await aws.advance(ms=limits.REPLICATION_MS)
    assert got(there, "a") == item("a", n=1)
    there.dynamodb.delete_item({"TableName": "orders", "Key": item("a")})
    await aws.advance(ms=limits.REPLICATION_MS)
    assert got(aws, "a") is None


async def test_of_two_writes_in_one_millisecond_the_second_arrives_too(aws: Aws) -> None:
    there = await replicated(aws)
    for n in (1, 2, 3):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", n=n)})
    await aws.advance(seconds=5)
    assert got(there, "a") == item("a", n=3)
    assert aws.events("dynamodb.ReplicationConflict") == []


async def test_the_last_writer_wins_in_both_regions(aws: Aws) -> None:
    # ddb-global-conflict
    there = await replicated(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("post", likes=1)})
    await aws.advance(ms=100)
    there.dynamodb.put_item({"TableName": "orders", "Item": item("post", likes=2)})
    await aws.advance(seconds=5)
    assert got(aws, "post") == got(there, "post") == item("post", likes=2)
    assert len(aws.events("dynamodb.ReplicationConflict")) == 1


async def test_a_region_that_is_cut_off_catches_up_afterwards(aws: Aws) -> None:
    there = await replicated(aws)
    fault = Faults.of(aws.world).add(kind="unavailable", service="dynamodb", region="eu-west-1")
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a")})
    await aws.advance(seconds=60)
    Faults.of(aws.world).clear(fault.id)
    assert got(there, "a") is None
    await aws.advance(seconds=6)
    assert got(there, "a") == item("a")
    assert aws.events("dynamodb.Replicated")[-1].facts["latency_ms"] > 60_000


async def test_a_replica_can_be_removed_and_a_table_with_replicas_not_deleted(aws: Aws) -> None:
    there = await replicated(aws)
    with pytest.raises(AwsError, match="remove the replicas"):
        aws.dynamodb.delete_table({"TableName": "orders"})
    update = {"Delete": {"RegionName": "eu-west-1"}}
    aws.dynamodb.update_table({"TableName": "orders", "ReplicaUpdates": [update]})
    await aws.advance(ms=limits.INDEX_DELETE_MS)
    assert there.dynamodb.list_tables()["TableNames"] == []
    aws.dynamodb.delete_table({"TableName": "orders"})
