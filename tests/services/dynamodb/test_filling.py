"""Partitions that are full, with a limit small enough to be met."""

from __future__ import annotations

import pytest

from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.partitions import KEYS_COUNTED_MAX, Heat, Partitions, even_lows
from foulweather.services.dynamodb.state import DynamoState
from harness import Aws
from services.dynamodb.tables import attribute, item, key, made

BYTES_MAX = 64 << 10
KB = "x" * 1000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PARTITION_BYTES_MAX", BYTES_MAX)


def live(aws: Aws, name: str = "orders") -> LiveTable:
    return aws.world.state(DynamoState, aws.account, aws.region).live[name]


def put(aws: Aws, *names: str, body: str = KB, **values: str) -> None:
    for name in names:
        aws.dynamodb.put_item({"TableName": "orders", "Item": item(name, body=body, **values)})


def held(table: LiveTable, partitions: Partitions) -> list[int]:
    """The bytes in each partition, counted by hand."""
    found = dict.fromkeys(map(id, partitions.all), 0)
    for name in table.items:
        row = table.items[name]
        found[id(partitions.of(name[len(table.prefix) :]))] += int.from_bytes(row[:3], "big")
    return list(found.values())


async def test_a_table_that_grows_is_split_before_its_partitions_hold_much_more_than_their_limit(aws: Aws) -> None:
    await made(aws, read=100, write=1000)
    put(aws, *(f"k{n}" for n in range(60)))
    assert len(live(aws).meter.partitions.all) == 1
    put(aws, *(f"k{n}" for n in range(60, 300)))
    partitions = live(aws).meter.partitions
    sizes = held(live(aws), partitions)
    assert 5 <= len(sizes) <= 12
    assert max(sizes) <= BYTES_MAX + (BYTES_MAX >> 6) + 1100
    assert min(sizes) > 0


async def test_what_is_overwritten_or_deleted_takes_no_room(aws: Aws) -> None:
    await made(aws, read=100, write=1000)
    for _ in range(20):
        put(aws, *(f"k{n}" for n in range(30)))
    for n in range(200):
        put(aws, f"gone{n}")
        aws.dynamodb.delete_item({"TableName": "orders", "Key": item(f"gone{n}")})
    assert len(live(aws).meter.partitions.all) == 1


async def test_an_item_collection_stays_in_one_partition_and_its_neighbours_leave_it(aws: Aws) -> None:
    await made(aws, sort="sk", read=100, write=1000)
    put(aws, "a", "b", "c", sk="0")
    for n in range(100):
        put(aws, "large", sk=str(n))
    table = live(aws)
    group = table.group_of({"S": "large"})
    partition = table.meter.partitions.of(group)
    others = [table.meter.partitions.of(table.group_of({"S": name})) for name in "abc"]
    assert len(table.meter.partitions.all) > 1
    assert partition not in others


async def test_the_why_of_a_throttle_counts_the_partitions_that_size_made(aws: Aws) -> None:
    from services.dynamodb.test_throughput import throttle

    await made(aws, read=1, write=5)
    put(aws, *(f"k{n}" for n in range(300)))
    count = len(live(aws).meter.partitions.all)
    error = throttle(aws, {"TableName": "orders", "Item": item("k1", body=KB)})
    facts = {fact.property: fact.value for fact in error.why.facts}
    assert facts["partition"].endswith(f"of {count}")


async def test_on_demand_tables_tell_more_warm_throughput_with_more_partitions(aws: Aws) -> None:
    await made(aws)
    before = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["WarmThroughput"]
    assert (before["ReadUnitsPerSecond"], before["WriteUnitsPerSecond"]) == (12_000, 4_000)
    put(aws, *(f"k{n}" for n in range(600)))
    count = len(live(aws).meter.partitions.all)
    after = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["WarmThroughput"]
    assert count > 8
    assert (after["ReadUnitsPerSecond"], after["WriteUnitsPerSecond"]) == (3_000 * count, 1_000 * count)


async def test_a_global_index_is_split_by_its_own_size(aws: Aws) -> None:
    index = {"IndexName": "by-owner", "KeySchema": [key("owner")], "Projection": {"ProjectionType": "KEYS_ONLY"}}
    whole = {"IndexName": "all", "KeySchema": [key("owner")], "Projection": {"ProjectionType": "ALL"}}
    units = {"ProvisionedThroughput": {"ReadCapacityUnits": 100, "WriteCapacityUnits": 1000}}
    await made(
        aws,
        read=100,
        write=1000,
        AttributeDefinitions=[attribute("pk"), attribute("owner")],
        GlobalSecondaryIndexes=[{**index, **units}, {**whole, **units}],
    )
    for n in range(200):
        put(aws, f"k{n}", owner=f"owner{n}")
    table = live(aws)
    meters = {name: each.meter for name, each in table.indexes.items()}
    assert meters["by-owner"] is not None
    assert meters["all"] is not None
    assert len(meters["by-owner"].partitions.all) == 1
    assert len(meters["all"].partitions.all) > 2


async def test_the_layout_outlives_the_process_and_a_restored_table_is_split_at_once(aws: Aws) -> None:
    await made(aws, read=100, write=1000)
    put(aws, *(f"k{n}" for n in range(200)))
    table = live(aws)
    assert table.state.layout(table.prefix) == table.meter.partitions.lows()
    backup = aws.dynamodb.create_backup({"TableName": "orders", "BackupName": "full"})["BackupDetails"]["BackupArn"]
    await aws.advance(seconds=10)
    aws.dynamodb.restore_table_from_backup({"TargetTableName": "again", "BackupArn": backup})
    assert len(live(aws, "again").meter.partitions.all) > 2


def test_a_hot_partition_of_more_keys_than_are_watched_is_split_in_the_middle() -> None:
    partitions = Partitions(even_lows(1), 0, lambda lows: None)
    (only,) = partitions.all
    heat: Heat = only.write
    from foulweather.services.dynamodb import packing

    groups = [packing.group(f"Sk{n}".encode()) for n in range(30_000)]
    for minute in range(1, 5):
        for group in groups:
            heat.spend(group, 2_000, minute * 60_000 - 1)
        assert len(heat.keys) <= KEYS_COUNTED_MAX
        heat.roll(minute * 60_000)
    assert partitions.split_for_heat(only, heat, is_on_demand=False, now_ms=240_000)
    (_, low) = partitions.lows()
    assert 0.4 < low / 2**64 < 0.6
