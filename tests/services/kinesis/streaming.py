"""Calls that the tests of Kinesis share."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws

NAME = "clicks"
ARN = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{NAME}"


async def make(aws: Aws, shards: int = 1, name: str = NAME, **more: Any) -> None:
    """A stream that is ACTIVE."""
    aws.kinesis.create_stream({"StreamName": name, "ShardCount": shards, **more})
    await aws.advance(seconds=10)


def put(aws: Aws, data: bytes = b"x", key: str = "k", **more: Any) -> dict[str, Any]:
    return aws.kinesis.put_record({"StreamName": NAME, "Data": data, "PartitionKey": key, **more})


def iterator(aws: Aws, kind: str = "TRIM_HORIZON", shard: int = 0, **more: Any) -> str:
    request = {"StreamName": NAME, "ShardId": f"shardId-{shard:012d}", "ShardIteratorType": kind, **more}
    return aws.kinesis.get_shard_iterator(request)["ShardIterator"]


def got(aws: Aws, kind: str = "TRIM_HORIZON", shard: int = 0, **more: Any) -> list[bytes]:
    found = aws.kinesis.get_records({"ShardIterator": iterator(aws, kind, shard, **more)})
    return [each["Data"] for each in found["Records"]]


def summary(aws: Aws, name: str = NAME) -> dict[str, Any]:
    return aws.kinesis.describe_stream_summary({"StreamName": name})["StreamDescriptionSummary"]


def shards(aws: Aws, **more: Any) -> list[dict[str, Any]]:
    return aws.kinesis.list_shards({"StreamName": NAME, **more})["Shards"]


def refused(operation: Any, request: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value
