"""The shards of Kinesis streams and of tables' streams."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.pipes.shaping import Event
from foulweather.services.pipes.state import Pipe
from foulweather.services.pipes.streams import HORIZON, Listed, Read, StreamWork, since_ms

KINESIS_READ_MAX, TABLE_READ_MAX = 10_000, 1_000


class KinesisWork(StreamWork):
    """Polls the shards of a Kinesis stream, once a second."""

    poll_ms = 1_000

    async def listed(self, call: Call, pipe: Pipe) -> list[Listed]:
        """ListShards, all pages."""
        found: list[Listed] = []
        request: dict[str, Any] = {"StreamARN": self.source}
        while True:
            told = await self.asked(call, pipe, "kinesis", "list_shards", request)
            for shard in told["Shards"]:
                both = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
                found.append(Listed(shard["ShardId"], tuple(each for each in both if each)))
            if "NextToken" not in told:
                return found
            request = {"StreamARN": self.source, "NextToken": told["NextToken"]}

    async def placed(self, call: Call, pipe: Pipe, shard: str, position: str) -> str:
        """GetShardIterator."""
        request: dict[str, Any] = {"StreamARN": self.source, "ShardId": shard}
        at_ms = since_ms(position)
        if at_ms is not None:
            request |= {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": at_ms}
        elif position == HORIZON:
            request["ShardIteratorType"] = HORIZON
        else:
            request |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": position}
        return (await self.asked(call, pipe, "kinesis", "get_shard_iterator", request))["ShardIterator"]

    async def got(self, call: Call, pipe: Pipe, shard: str, iterator: str) -> Read:
        """GetRecords."""
        request = {"ShardIterator": iterator, "Limit": KINESIS_READ_MAX, "StreamARN": self.source}
        told = await self.asked(call, pipe, "kinesis", "get_records", request)
        role = (await self.principal(call, pipe)).role_arn or ""
        events = [(record["SequenceNumber"], self._event(shard, role, record)) for record in told["Records"]]
        following: str = told.get("NextShardIterator") or ""
        return Read(events, following, bool(following) and told["MillisBehindLatest"] > 0)

    def _event(self, shard: str, role: str, told: dict[str, Any]) -> Event:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html."""
        number: str = told["SequenceNumber"]
        at_ms: int = told["ApproximateArrivalTimestamp"]
        record: dict[str, Any] = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": told["PartitionKey"],
            "sequenceNumber": number,
            "data": base64.b64encode(told["Data"]).decode(),
            "approximateArrivalTimestamp": at_ms / 1000,
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": role,
            "awsRegion": self.source.split(":")[3],
            "eventSourceARN": self.source,
        }
        return Event(record, record["eventID"], at_ms)


class TableWork(StreamWork):
    """Polls the shards of a table's stream, four times a second."""

    async def listed(self, call: Call, pipe: Pipe) -> list[Listed]:
        """DescribeStream, all pages."""
        found: list[Listed] = []
        request: dict[str, Any] = {"StreamArn": self.source}
        while True:
            told = (await self.asked(call, pipe, "dynamodbstreams", "describe_stream", request))["StreamDescription"]
            for shard in told["Shards"]:
                parent = shard.get("ParentShardId")
                found.append(Listed(shard["ShardId"], (parent,) if parent else ()))
            if "LastEvaluatedShardId" not in told:
                return found
            request["ExclusiveStartShardId"] = told["LastEvaluatedShardId"]

    async def placed(self, call: Call, pipe: Pipe, shard: str, position: str) -> str:
        """GetShardIterator; from the oldest record on where the one after which it should begin is gone."""
        request: dict[str, Any] = {"StreamArn": self.source, "ShardId": shard, "ShardIteratorType": HORIZON}
        if since_ms(position) is None and position != HORIZON:
            after = {**request, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": position}
            try:
                return (await self.asked(call, pipe, "dynamodbstreams", "get_shard_iterator", after))["ShardIterator"]
            except AwsError as error:
                if error.code != "TrimmedDataAccessException":
                    raise
        return (await self.asked(call, pipe, "dynamodbstreams", "get_shard_iterator", request))["ShardIterator"]

    async def got(self, call: Call, pipe: Pipe, shard: str, iterator: str) -> Read:
        """GetRecords; of a shard that is read from a time on, without what is older."""
        request = {"ShardIterator": iterator, "Limit": TABLE_READ_MAX}
        told = await self.asked(call, pipe, "dynamodbstreams", "get_records", request)
        begins_ms = (since_ms(pipe.positions.get(shard, HORIZON)) or 0) // 1000 * 1000
        events = [
            (record["dynamodb"]["SequenceNumber"], self._event(record))
            for record in told["Records"]
            if record["dynamodb"]["ApproximateCreationDateTime"] >= begins_ms
        ]
        following: str = told.get("NextShardIterator") or ""
        return Read(events, following, bool(following) and bool(told["Records"]))

    def _event(self, told: dict[str, Any]) -> Event:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html."""
        change: dict[str, Any] = told["dynamodb"]
        at_ms: int = change["ApproximateCreationDateTime"]
        record: dict[str, Any] = {
            "eventID": told["eventID"],
            "eventName": told["eventName"],
            "eventVersion": told["eventVersion"],
            "eventSource": "aws:dynamodb",
            "awsRegion": told["awsRegion"],
            "dynamodb": {**change, "ApproximateCreationDateTime": at_ms // 1000},
            "eventSourceARN": self.source,
        }
        # Binary attributes are base64 in JSON.
        return Event(msgspec.json.decode(msgspec.json.encode(record)), told["eventID"], at_ms)
