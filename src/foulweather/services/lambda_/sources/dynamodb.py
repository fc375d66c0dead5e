"""DynamoDB streams.

"Lambda polls shards in your DynamoDB stream for records at a base rate of 4 times per second."
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.lambda_ import filtering
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.sources.lanes import Item
from foulweather.services.lambda_.sources.streams import HORIZON, Got, Listed, Shard, StreamFeed

READ_MAX = 1_000
# "GetRecords can retrieve a maximum of 1 MB of data": well under it there is no more for now.
READ_BYTES = 500_000


class TableFeed(StreamFeed):
    """Reads the stream of a table. Its iterators last fifteen minutes, its records 24 hours."""

    read_max = READ_MAX
    no_access = (
        "PROBLEM: Cannot access stream {}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        "DescribeStream, and ListStreams Actions on your stream in IAM."
    )

    def __init__(self, pipeline: Pipeline, mapping: Mapping) -> None:
        super().__init__(pipeline, mapping)
        self.hash_name = ""

    async def listed(self, call: Call) -> list[Listed]:
        """DescribeStream, all pages."""
        found: list[Listed] = []
        request: dict[str, Any] = {"StreamArn": self.source_arn}
        while True:
            answer = await self.asked(call, "dynamodbstreams", "describe_stream", request)
            told: dict[str, Any] = answer["StreamDescription"]
            for shard in told["Shards"]:
                parent = shard.get("ParentShardId")
                is_closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
                found.append(Listed(shard["ShardId"], (parent,) if parent else (), is_closed))
            if "LastEvaluatedShardId" not in told:
                break
            request["ExclusiveStartShardId"] = told["LastEvaluatedShardId"]
        self.hash_name = told["KeySchema"][0]["AttributeName"]
        return found

    async def placed(self, call: Call, shard: Shard) -> str:
        """GetShardIterator; from the oldest record on where the one after which it should begin is gone."""
        request: dict[str, Any] = {"StreamArn": self.source_arn, "ShardId": shard.id}
        after = shard.read_up_to
        if after.isdigit():
            wanted = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        else:
            wanted = {"ShardIteratorType": after}
        try:
            answer = await self.asked(call, "dynamodbstreams", "get_shard_iterator", {**request, **wanted})
        except AwsError as error:
            if error.code != "TrimmedDataAccessException":
                raise
            oldest = {**request, "ShardIteratorType": HORIZON}
            answer = await self.asked(call, "dynamodbstreams", "get_shard_iterator", oldest)
        return answer["ShardIterator"]

    async def got(self, call: Call, iterator: str) -> Got:
        """GetRecords."""
        request = {"ShardIterator": iterator, "Limit": READ_MAX}
        told = await self.asked(call, "dynamodbstreams", "get_records", request)
        records: list[dict[str, Any]] = told["Records"]
        following: str = told.get("NextShardIterator") or ""
        is_much = len(records) >= READ_MAX or _bytes(records) >= READ_BYTES
        return Got(records, following, bool(following) and is_much)

    def item(self, call: Call, shard: Shard, told: dict[str, Any]) -> tuple[Item, bytes]:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#dynamodb-example-event."""
        change: dict[str, Any] = told["dynamodb"]
        at_ms: int = change["ApproximateCreationDateTime"]
        record: dict[str, Any] = {
            "eventID": told["eventID"],
            "eventName": told["eventName"],
            "eventVersion": told["eventVersion"],
            "eventSource": "aws:dynamodb",
            "awsRegion": told["awsRegion"],
            "dynamodb": {**change, "ApproximateCreationDateTime": at_ms // 1000},
            "eventSourceARN": self.source_arn,
        }
        if "userIdentity" in told:
            by = told["userIdentity"]
            record["userIdentity"] = {"type": by["Type"], "principalId": by["PrincipalId"]}
        key = msgspec.json.encode(change["Keys"][self.hash_name])
        return Item(change["SequenceNumber"], at_ms, call.now, record, len(msgspec.json.encode(record))), key

    def passes(self, patterns: list[filtering.Pattern], item: Item, told: dict[str, Any]) -> bool:
        """Patterns are about the whole record."""
        parsed = filtering.parsed(msgspec.json.encode(item.record))
        return any(pattern.accepts(parsed) for pattern in patterns)


def _bytes(records: list[dict[str, Any]]) -> int:
    return sum(record["dynamodb"]["SizeBytes"] for record in records)
