"""Records of one call lie in one row: what becomes of it when they expire at different times, and after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foulweather.services.kinesis.state import KinesisState
from foulweather.world.world import World
from harness import ACCOUNT, Aws, new_aws
from services.kinesis.streaming import NAME, got, iterator, make, put, refused

LOW, HIGH = "0", str(2**127)
HOUR_S = 3_600


def put_all(aws: Aws, *records: tuple[bytes, str]) -> list[dict[str, Any]]:
    """Records with their hash keys, in one call."""
    entries = [{"Data": data, "PartitionKey": "k", "ExplicitHashKey": where} for data, where in records]
    told = aws.kinesis.put_records({"StreamName": NAME, "Records": entries})
    assert told["FailedRecordCount"] == 0
    return told["Records"]


def rows(aws: Aws) -> tuple[int, int]:
    """How many rows hold single records, and calls' records."""
    state = aws.world.state(KinesisState, ACCOUNT, "us-east-1")
    return len(state.records), len(state.puts)


def numbers(aws: Aws, shard: int) -> list[str]:
    found = aws.kinesis.get_records({"ShardIterator": iterator(aws, shard=shard)})
    return [each["SequenceNumber"] for each in found["Records"]]


async def test_records_of_calls_and_single_ones_keep_their_order_and_numbers_over_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await make(aws, 2)
    first = put_all(aws, (b"a", LOW), (b"A", HIGH), (b"b", LOW))
    alone = put(aws, b"c", ExplicitHashKey=LOW)
    last = put_all(aws, (b"d", LOW))
    assert rows(aws) == (1, 2)
    sent = [first[0], first[2], alone, last[0]]
    aws.world.close()
    again = new_aws(world=World(seed=1, mode="held", directory=tmp_path))
    await again.advance(seconds=5)
    assert (got(again), got(again, shard=1)) == ([b"a", b"b", b"c", b"d"], [b"A"])
    assert numbers(again, 0) == [each["SequenceNumber"] for each in sent]
    assert int(put_all(again, (b"e", LOW))[0]["SequenceNumber"]) > int(last[0]["SequenceNumber"])
    assert rows(again) == (1, 3)
    again.world.close()


async def test_a_row_goes_when_the_last_of_its_records_has_expired(aws: Aws) -> None:
    await make(aws, 2)
    put_all(aws, (b"a", LOW), (b"A", HIGH))
    await aws.advance(seconds=HOUR_S)
    put_all(aws, (b"b", LOW))
    await aws.advance(seconds=HOUR_S * 23 + 61)
    put_all(aws, (b"c", LOW))
    assert rows(aws) == (0, 3)  # nothing has come to the other shard since: its last record tells the next place
    assert (got(aws), got(aws, shard=1)) == ([b"b", b"c"], [])
    put_all(aws, (b"B", HIGH))
    await aws.advance(seconds=61)
    put_all(aws, (b"d", LOW))
    assert rows(aws) == (0, 4)
    assert got(aws, shard=1) == [b"B"]


async def test_what_expired_before_a_restart_does_not_come_back_with_the_rest_of_its_call(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await make(aws, 2)
    put_all(aws, (b"a", LOW), (b"A", HIGH))
    await aws.advance(seconds=HOUR_S)
    put_all(aws, (b"b", LOW))
    await aws.advance(seconds=HOUR_S * 25)
    told = put_all(aws, (b"c", LOW))
    await aws.advance(seconds=61)
    put_all(aws, (b"d", LOW))
    assert rows(aws) == (0, 3)
    aws.world.close()
    again = new_aws(world=World(seed=1, mode="held", directory=tmp_path))
    await again.advance(seconds=5)
    assert (got(again), got(again, shard=1)) == ([b"c", b"d"], [])
    assert numbers(again, 0)[0] == told[0]["SequenceNumber"]
    put_all(again, (b"B", HIGH))
    assert got(again, shard=1) == [b"B"]
    again.world.close()


async def test_a_deleted_stream_leaves_no_rows(aws: Aws) -> None:
    await make(aws, 2)
    put_all(aws, (b"a", LOW), (b"A", HIGH))
    put(aws, b"b")
    aws.kinesis.delete_stream({"StreamName": NAME})
    await aws.advance(seconds=30)
    assert rows(aws) == (0, 0)


async def test_a_hot_key_of_a_call_is_named(aws: Aws) -> None:
    await make(aws, 2)
    entries = [{"Data": b"x" * 10_000, "PartitionKey": "hot"}] * 104 + [{"Data": b"y" * 9_000, "PartitionKey": "hot"}]
    told = aws.kinesis.put_records({"StreamName": NAME, "Records": entries})
    assert told["FailedRecordCount"] == 1
    assert "ErrorCode" in told["Records"][-1]
    error = refused(aws.kinesis.put_record, {"StreamName": NAME, "Data": b"x" * 10_000, "PartitionKey": "hot"})
    assert "The partition key 'hot' makes 100 %" in error.why.cause


async def test_a_smaller_record_may_find_room_after_one_that_found_none(aws: Aws) -> None:
    await make(aws)
    sizes = [1_000_000, 100_000, 10_000]
    entries = [{"Data": b"x" * size, "PartitionKey": "k"} for size in sizes]
    told = aws.kinesis.put_records({"StreamName": NAME, "Records": entries})
    assert ["SequenceNumber" in each for each in told["Records"]] == [True, False, True]
    assert aws.events("kinesis.Put")[-1].facts["bytes"] == 1_010_002
    assert [len(each) for each in got(aws)] == [1_000_000, 10_000]


async def test_keys_are_found_anew_after_a_split(aws: Aws) -> None:
    await make(aws)
    keys = [f"user-{number}" for number in range(40)]
    entries = [{"Data": b"", "PartitionKey": key} for key in keys]
    aws.kinesis.put_records({"StreamName": NAME, "Records": entries})
    aws.kinesis.split_shard({"StreamName": NAME, "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": HIGH})
    await aws.advance(seconds=20)
    told = aws.kinesis.put_records({"StreamName": NAME, "Records": entries})
    assert {each["ShardId"] for each in told["Records"]} == {"shardId-000000000001", "shardId-000000000002"}
