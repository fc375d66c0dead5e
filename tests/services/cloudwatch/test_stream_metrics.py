"""What a Kinesis stream's records make."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.cloudwatch.watching import query, values

STREAM = {"StreamName": "clicks"}


def of(name: str, stat: str = "Sum") -> dict[str, Any]:
    return query(name, stat, namespace="AWS/Kinesis", dimensions=STREAM)


async def test_records_that_come_and_go_and_what_a_shard_refuses(aws: Aws) -> None:
    aws.kinesis.create_stream({**STREAM, "ShardCount": 1})
    await aws.advance(seconds=120)
    aws.kinesis.put_record({**STREAM, "Data": b"1234", "PartitionKey": "a"})
    records = [{"Data": b"x" * 600_000, "PartitionKey": "a"}, {"Data": b"y" * 600_000, "PartitionKey": "a"}]
    assert aws.kinesis.put_records({**STREAM, "Records": records})["FailedRecordCount"] == 1
    with pytest.raises(AwsError, match="Rate exceeded"):
        aws.kinesis.put_record({**STREAM, "Data": b"z" * 600_000, "PartitionKey": "a"})
    await aws.advance(seconds=2)
    shard = aws.kinesis.list_shards(STREAM)["Shards"][0]["ShardId"]
    begin = {**STREAM, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    place = aws.kinesis.get_shard_iterator(begin)["ShardIterator"]
    assert len(aws.kinesis.get_records({"ShardIterator": place})["Records"]) == 2
    await aws.advance(seconds=60)
    for name, total in {
        "IncomingRecords": 2,
        "IncomingBytes": 600_006,
        "PutRecord.Success": 1,
        "PutRecords.TotalRecords": 2,
        "PutRecords.FailedRecords": 1,
        "WriteProvisionedThroughputExceeded": 2,
        "GetRecords.Records": 2,
    }.items():
        assert sum(values(aws, of(name))) == total, name
    assert max(values(aws, of("GetRecords.IteratorAgeMilliseconds", "Maximum"))) >= 0


async def test_a_shard_is_told_of_by_itself_where_that_is_turned_on(aws: Aws) -> None:
    aws.kinesis.create_stream({**STREAM, "ShardCount": 2})
    await aws.advance(seconds=60)
    wanted = ["IncomingRecords", "IncomingBytes", "WriteProvisionedThroughputExceeded", "IteratorAgeMilliseconds"]
    aws.kinesis.enable_enhanced_monitoring({**STREAM, "ShardLevelMetrics": wanted})
    await aws.advance(seconds=60)
    put = {**STREAM, "Data": b"x" * 600_000, "PartitionKey": "a"}
    shard = aws.kinesis.put_record(put)["ShardId"]
    with pytest.raises(AwsError, match="Rate exceeded"):
        aws.kinesis.put_record(put)
    begin = {**STREAM, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    aws.kinesis.get_records({"ShardIterator": aws.kinesis.get_shard_iterator(begin)["ShardIterator"]})
    await aws.advance(seconds=60)

    def told(name: str, of_shard: str = shard, stat: str = "Sum") -> list[float]:
        named = {**STREAM, "ShardId": of_shard}
        return values(aws, query(name, stat, namespace="AWS/Kinesis", dimensions=named))

    assert sum(told("IncomingRecords")) == 1
    assert sum(told("IncomingBytes")) == 600_001
    assert sum(told("WriteProvisionedThroughputExceeded")) == 1
    assert len(told("IteratorAgeMilliseconds", stat="Maximum")) == 1
    assert told("OutgoingRecords") == []  # was not asked for
    other = next(each["ShardId"] for each in aws.kinesis.list_shards(STREAM)["Shards"] if each["ShardId"] != shard)
    assert told("IncomingRecords", other) == []
