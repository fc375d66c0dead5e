"""Kinesis streams, read with everybody else's share, or by a registered consumer with throughput of its own.

"For standard Kinesis data streams, Lambda polls shards in your stream for records at a rate of once per second for each
shard. For Kinesis enhanced fan-out, Lambda uses an HTTP/2 connection to listen for records being pushed."
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

import base64
import inspect
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.lambda_ import filtering
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.sources.lanes import Item
from foulweather.services.lambda_.sources.streams import Got, Listed, Shard, StreamFeed

READ_MAX = 10_000
AT = "AT_TIMESTAMP"
HOUR_MS = 3_600_000


class KinesisFeed(StreamFeed):
    """Polls the shards of a stream. Its iterators last five minutes, its records as long as the stream keeps them."""

    poll_ms = 1_000
    read_max = READ_MAX
    renewed_ms = 2 * 60_000
    iterator_ms = 270_000
    no_access = (
        "PROBLEM: Cannot access stream {}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        "DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
    )

    def __init__(self, pipeline: Pipeline, mapping: Mapping) -> None:
        super().__init__(pipeline, mapping)
        self.read_arn = mapping.source_arn.partition("/consumer/")[0]
        since_ms: int = mapping.settings.get("StartingPositionTimestamp") or 0
        self._from = f"{AT}@{since_ms}"

    async def listed(self, call: Call) -> list[Listed]:
        """ListShards, all pages; and how long the stream keeps its records."""
        told = await self.asked(call, "kinesis", "describe_stream", {"StreamARN": self.read_arn, "Limit": 1})
        self.kept_ms = told["StreamDescription"]["RetentionPeriodHours"] * HOUR_MS
        found: list[Listed] = []
        request: dict[str, Any] = {"StreamARN": self.read_arn}
        while True:
            told = await self.asked(call, "kinesis", "list_shards", request)
            for shard in told["Shards"]:
                both = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
                is_closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
                found.append(Listed(shard["ShardId"], tuple(each for each in both if each), is_closed))
            if "NextToken" not in told:
                return found
            request = {"StreamARN": self.read_arn, "NextToken": told["NextToken"]}

    def first_position(self, mapping: Mapping, shard: Listed) -> str:
        """Where a new mapping begins to read a shard."""
        is_timed = mapping.settings.get("StartingPosition") == AT
        return self._from if is_timed else super().first_position(mapping, shard)

    async def placed(self, call: Call, shard: Shard) -> str:
        """GetShardIterator."""
        request: dict[str, Any] = {"StreamARN": self.read_arn, "ShardId": shard.id}
        kind, number, at_ms = _position(shard)
        request["ShardIteratorType"] = kind
        if number:
            request["StartingSequenceNumber"] = number
        elif at_ms:
            request["Timestamp"] = at_ms
        return (await self.asked(call, "kinesis", "get_shard_iterator", request))["ShardIterator"]

    async def got(self, call: Call, iterator: str) -> Got:
        """GetRecords."""
        request = {"ShardIterator": iterator, "Limit": READ_MAX, "StreamARN": self.read_arn}
        told = await self.asked(call, "kinesis", "get_records", request)
        following: str = told.get("NextShardIterator") or ""
        return Got(told["Records"], following, bool(following) and told["MillisBehindLatest"] > 0)

    def item(self, call: Call, shard: Shard, told: dict[str, Any]) -> tuple[Item, bytes]:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#kinesis-polling-and-batching."""
        number: str = told["SequenceNumber"]
        at_ms: int = told["ApproximateArrivalTimestamp"]
        key: str = told["PartitionKey"]
        record: dict[str, Any] = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": key,
                "sequenceNumber": number,
                "data": base64.b64encode(told["Data"]).decode(),
                "approximateArrivalTimestamp": at_ms / 1000,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard.id}:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self.role_arn,
            "awsRegion": self.source_region,
            "eventSourceARN": self.source_arn,
        }
        return Item(number, at_ms, call.now, record, len(msgspec.json.encode(record))), key.encode()

    def passes(self, patterns: list[filtering.Pattern], item: Item, told: dict[str, Any]) -> bool:
        """Patterns are about the data; "if either field isn't in a valid JSON format, Lambda drops the message".

        https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
        """
        try:
            record = {"data": filtering.parsed(told["Data"])}
        except ValueError:
            return False
        return any(pattern.accepts(record) for pattern in patterns)


class FanOutFeed(KinesisFeed):
    """Listens to the shards of a stream as one of its consumers."""

    def __init__(self, pipeline: Pipeline, mapping: Mapping) -> None:
        super().__init__(pipeline, mapping)
        self._heard: dict[str, Parking] = {}
        """The shards that are listened to, and where their listeners wait for room."""

    def tend(self) -> None:
        """Have every shard listened to."""
        super().tend()
        for shard_id in self.shards:
            if shard_id not in self._heard:
                self.touch(shard_id)

    def touch(self, part: str = "") -> None:
        """A shard's lanes have room again; or its stream has changed."""
        heard = self._heard.get(part)
        if heard is None:
            super().touch(part)
        else:
            heard.wake()

    async def read_shard(self, call: Call, mapping: Mapping, shard: Shard) -> None:
        """Begin to listen, if nobody does."""
        if shard.id not in self._heard and not shard.is_read_out:
            self._heard[shard.id] = Parking()
            self.spawn(lambda: self._listen(shard))

    async def _listen(self, shard: Shard) -> None:
        """Subscribe again whenever a subscription ends, until the shard does."""
        failures = 0
        try:
            while (mapping := self.mapping) is not None and self.shards.get(shard.id) is shard:
                call = self.call()
                try:
                    await self._hear(call, mapping, shard)
                    failures = 0
                    self.went_well("Poll")
                except AwsError as error:
                    call.reread_clock()
                    await self.sleep(call, call.now + self.refused(call, error, failures))
                    failures += 1
                if shard.is_read_out:
                    return
        finally:
            del self._heard[shard.id]

    async def _hear(self, call: Call, mapping: Mapping, shard: Shard) -> None:
        kind, number, at_ms = _position(shard)
        position: dict[str, Any] = {"Type": kind}
        if number:
            position["SequenceNumber"] = number
        elif at_ms:
            position["Timestamp"] = at_ms
        asked = {"ConsumerARN": self.source_arn, "ShardId": shard.id, "StartingPosition": position}
        answer = (await self.ports(call)).kinesis.subscribe_to_shard(asked)
        answer = await answer if inspect.isawaitable(answer) else answer
        events: AsyncGenerator[tuple[str, dict[str, Any]]] = answer["EventStream"]
        try:
            while True:
                try:
                    _, event = await self.listening(anext(events))
                except StopAsyncIteration:
                    return
                call.reread_clock()
                self.hand_out(call, mapping, shard, event["Records"])
                self._go_on_after(shard, event["ContinuationSequenceNumber"])
                if "ChildShards" in event:
                    self.read_out(shard)
                    return
                while self.is_full(mapping, shard):
                    shard.has_more = True
                    await self.listening(self._heard[shard.id].wait(call, call.now + 60_000))
                if self.mapping is None:
                    return
        finally:
            await events.aclose()

    def _go_on_after(self, shard: Shard, number: str) -> None:
        """Where nothing was read yet, what the subscription tells is all that says where to go on."""
        shard.read_up_to = number
        if not shard.position.isdigit() and not shard.open:
            shard.position = number
            self.keep_position(shard.id, number)


def feed_of(pipeline: Pipeline, mapping: Mapping) -> KinesisFeed:
    """The kind of feed that a stream's or a consumer's ARN needs."""
    kind = FanOutFeed if "/consumer/" in mapping.source_arn else KinesisFeed
    return kind(pipeline, mapping)


def _position(shard: Shard) -> tuple[str, str, int]:
    """Where a shard is to be read from: the kind of position, and its sequence number or its time."""
    after = shard.read_up_to
    if after.isdigit():
        return "AFTER_SEQUENCE_NUMBER", after, 0
    kind, _, at = after.partition("@")
    return kind, "", int(at or 0)
