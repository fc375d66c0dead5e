"""Random splits, merges, scalings and records: the open shards always divide the key space, and nothing is lost."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.world.world import World
from harness import Aws, new_aws
from services.kinesis.streaming import NAME, make, put, shards


def opened(aws: Aws) -> list[dict[str, Any]]:
    found = shards(aws, ShardFilter={"Type": "AT_LATEST"})
    return sorted(found, key=lambda each: int(each["HashKeyRange"]["StartingHashKey"]))


def check_division(aws: Aws) -> None:
    at = 0
    for each in opened(aws):
        assert int(each["HashKeyRange"]["StartingHashKey"]) == at
        at = int(each["HashKeyRange"]["EndingHashKey"]) + 1
    assert at == 2**128


def reshard(aws: Aws, chance: random.Random) -> None:
    found = opened(aws)
    kind, at = chance.choice(["split", "merge", "scale"]), chance.randrange(len(found))
    low, high = (int(found[at]["HashKeyRange"][each]) for each in ("StartingHashKey", "EndingHashKey"))
    if kind == "split":
        key = str(chance.randrange(low + 2, high))
        request = {"StreamName": NAME, "ShardToSplit": found[at]["ShardId"], "NewStartingHashKey": key}
        aws.kinesis.split_shard(request)
    elif kind == "merge" and at + 1 < len(found):
        pair = [found[at]["ShardId"], found[at + 1]["ShardId"]]
        chance.shuffle(pair)
        aws.kinesis.merge_shards({"StreamName": NAME, "ShardToMerge": pair[0], "AdjacentShardToMerge": pair[1]})
    elif kind == "scale":
        count = chance.randint(-(-len(found) // 2), 2 * len(found))
        request = {"StreamName": NAME, "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"}
        aws.kinesis.update_shard_count(request)


async def read_all(aws: Aws) -> dict[str, list[int]]:
    """Every key's records, parents before children."""
    seen: dict[str, list[int]] = {}
    for shard in shards(aws):
        request = {"StreamName": NAME, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = aws.kinesis.get_shard_iterator(request)["ShardIterator"]
        numbers: list[int] = []
        for record in aws.kinesis.get_records({"ShardIterator": iterator})["Records"]:
            seen.setdefault(record["PartitionKey"], []).append(int(record["Data"]))
            numbers.append(int(record["SequenceNumber"]))
        assert numbers == sorted(set(numbers))
        ends = shard["SequenceNumberRange"]
        assert all(int(ends["StartingSequenceNumber"]) < number for number in numbers)
        assert all(number < int(ends.get("EndingSequenceNumber", 10**60)) for number in numbers)
    return seen


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_is_lost_and_every_key_stays_in_order(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    aws = new_aws(directory=tmp_path)
    await make(aws, chance.randint(1, 5))
    sent: dict[str, list[int]] = {}
    for number in range(200):
        if number % 10 == 0:
            # The stream may still be UPDATING, or have been scaled ten times today.
            with suppress(AwsError):
                reshard(aws, chance)
        keys = [f"user-{chance.randrange(12)}" for _ in range(chance.choice([1, 1, 5]))]
        if len(keys) == 1:
            put(aws, str(number).encode(), keys[0])
        else:
            entries = [{"Data": str(number).encode(), "PartitionKey": key} for key in keys]
            aws.kinesis.put_records({"StreamName": NAME, "Records": entries})
        for key in keys:
            sent.setdefault(key, []).append(number)
        await aws.advance(ms=chance.choice([0, 100, 20_000]))
        check_division(aws)
    await aws.advance(seconds=20)
    assert len(shards(aws)) > 8
    assert await read_all(aws) == sent
    aws.world.close()
    again = new_aws(world=World(seed=1, mode="held", directory=tmp_path))
    await again.advance(seconds=10)
    check_division(again)
    assert await read_all(again) == sent
    again.world.close()
