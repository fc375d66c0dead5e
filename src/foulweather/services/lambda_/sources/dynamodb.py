"""DynamoDB streams: shards read in order, parents before children, and how far each has been done with.

"Lambda polls shards in your DynamoDB stream for records at a base rate of 4 times per second." Here a write to the
stream has it polled a quarter of a second later, and a stream that nobody writes to is left alone.
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import inspect
import zlib
from typing import Any, NamedTuple

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.lambda_ import filtering
from foulweather.services.lambda_.feeds import Feed, Feeds, backoff_ms
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.sources.lanes import Item, Lane
from foulweather.services.lambda_.state import LambdaState

POLL_MS = 250
READ_MAX = 1_000
# An iterator lasts fifteen minutes; where nothing has been read yet it is all that says where to begin.
ITERATOR_MS = 5 * 60_000
END = "END"
HORIZON = "TRIM_HORIZON"
NO_ACCESS = (
    "PROBLEM: Cannot access stream {}. Please ensure the role can perform the GetRecords, GetShardIterator, "
    "DescribeStream, and ListStreams Actions on your stream in IAM."
)


class Place(NamedTuple):
    """An iterator, and when it was made."""

    iterator: str
    made_ms: int


class Shard:
    """One shard while it is read: what was handed to its lanes and is not done with yet."""

    def __init__(self, feed: StreamFeed, shard_id: str, position: str, lanes: int) -> None:
        self.feed = feed
        self.id = shard_id
        self.position = position
        self.place: Place | None = None
        self.read_up_to = position
        self.not_before_ms = 0
        self.open: dict[str, bool] = {}
        """The records that were read, in order, and whether each is done with."""
        self.is_read_out = False
        self.has_more = True
        self.lanes = [Lane(feed, self, number) for number in range(lanes)]

    def done(self, items: list[Item]) -> None:
        """Records are done with: go on from after the last before which nothing is left."""
        for item in items:
            if item.sequence in self.open:
                self.open[item.sequence] = True
        last = ""
        while self.open and (first := next(iter(self.open))) and self.open[first]:
            del self.open[first]
            last = first
        if last:
            self.position = last
            self.feed.keep_position(self.id, last)
        if not self.open:
            if self.is_read_out:
                self.feed.finished(self)
            elif self.has_more:
                self.feed.touch(self.id)


class StreamFeed(Feed):
    """Reads the shards of a stream."""

    def __init__(self, pipeline: Pipeline, mapping: Mapping) -> None:
        super().__init__(pipeline, mapping)
        self.factor: int = mapping.settings.get("ParallelizationFactor") or 1
        self.hash_name = ""
        self.shards: dict[str, Shard] = {}
        self._touched: set[str] = set()
        self._alarm = 0
        self._is_reading = False
        self._failures = 0
        self._is_surveyed = False

    # --- what begins its work

    def tend(self) -> None:
        """Look at the stream's shards when that was not done yet, and keep iterators from growing old."""
        if not self._is_surveyed:
            self._set_alarm(0)
            return
        now_ms = self.world.clock.now_ms
        for shard in self.shards.values():
            if not shard.position.isdigit() and shard.place and shard.place.made_ms + ITERATOR_MS <= now_ms:
                self.touch(shard.id)
            for lane in shard.lanes:
                lane.tend()

    def touch(self, part: str = "") -> None:
        """There is something to read in a shard, or in one that is not known yet."""
        if not part:
            self._is_surveyed = False
        else:
            self._touched.add(part)
        self._set_alarm(POLL_MS)

    def is_stale(self, mapping: Mapping) -> bool:
        """Whether it was made for other lanes than the mapping wants now."""
        return self.factor != (mapping.settings.get("ParallelizationFactor") or 1)

    def _set_alarm(self, delay_ms: int) -> None:
        if not self._alarm and not self._is_reading and not self.is_stopped:
            self._alarm = self.world.agenda.alarm(self.world.clock.now_ms + delay_ms, self._rung)

    def _rung(self) -> None:
        self._alarm = 0
        if not self.is_stopped and not self._is_reading:
            self._is_reading = True
            self.spawn(self._read)

    def stop(self, *, is_closing: bool = False) -> None:
        """Read no more."""
        self.world.agenda.cancel(self._alarm)
        for shard in self.shards.values():
            for lane in shard.lanes:
                lane.stop()
        super().stop(is_closing=is_closing)

    # --- reading

    async def _read(self) -> None:
        """Look at the stream where that is due, and read every shard to which something was written."""
        wait_ms = POLL_MS
        try:
            mapping = self.mapping
            if mapping is not None:
                call = self.call()
                try:
                    await self._read_touched(call, mapping)
                    self._failures = 0
                    self.went_well("Poll")
                except AwsError as error:
                    self._note_unread(call, error)
                    wait_ms = backoff_ms(self._failures)
                    self._failures += 1
        finally:
            self._is_reading = False
        if self._touched or not self._is_surveyed:
            self._set_alarm(wait_ms)

    async def _read_touched(self, call: Call, mapping: Mapping) -> None:
        if not self._is_surveyed or any(shard_id not in self.shards for shard_id in self._touched):
            await self._survey(call, mapping)
        while self._touched:
            shard_id = min(self._touched)
            self._touched.discard(shard_id)  # what is written while it is read has it read once more
            shard = self.shards.get(shard_id)
            try:
                if shard is not None:
                    await self._read_shard(call, mapping, shard)
            except AwsError:
                self._touched.add(shard_id)
                raise

    def _note_unread(self, call: Call, error: AwsError) -> None:
        self.note_problem(call, error)
        if error.code == "LimitExceededException":
            return
        denied = error.code.startswith("AccessDenied")
        words = NO_ACCESS.format(self.source_arn) if denied else f"PROBLEM: {error.message}"
        self.note_result(words)

    async def _survey(self, call: Call, mapping: Mapping) -> None:
        """See which shards there are, and begin with those whose parents are done with."""
        listed: list[dict[str, Any]] = []
        request: dict[str, Any] = {"StreamArn": self.source_arn}
        while True:
            told: dict[str, Any] = (await self._asked(call, "describe_stream", request))["StreamDescription"]
            listed += told["Shards"]
            if "LastEvaluatedShardId" not in told:
                break
            request["ExclusiveStartShardId"] = told["LastEvaluatedShardId"]
        self.hash_name = told["KeySchema"][0]["AttributeName"]
        known = {shard["ShardId"] for shard in listed}
        if not mapping.positions:
            self._begin(mapping, listed)
        self._forget(mapping, known)
        waits = False
        for shard in listed:
            shard_id, parent = shard["ShardId"], shard.get("ParentShardId", "")
            position = mapping.positions.get(shard_id, HORIZON)
            if position == END or shard_id in self.shards:
                continue
            if parent in known and mapping.positions.get(parent) != END:
                waits = True
                self._touched.add(parent)
                self._touched.discard(shard_id)
            else:
                self._open(mapping, shard_id, position)
        self._touched &= self.shards.keys()
        self._is_surveyed = True
        if waits:  # the parents' ends will have it looked at again
            self._touched |= {shard_id for shard_id in self.shards if not self.shards[shard_id].is_read_out}

    def _begin(self, mapping: Mapping, listed: list[dict[str, Any]]) -> None:
        """Where a new mapping begins: at the oldest record there is, or after the newest."""
        if mapping.settings.get("StartingPosition") == "LATEST":
            for shard in listed:
                is_closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
                mapping.positions[shard["ShardId"]] = END if is_closed else "LATEST"
        else:
            mapping.positions.update({shard["ShardId"]: HORIZON for shard in listed})
        self._touch_row()

    def _open(self, mapping: Mapping, shard_id: str, position: str) -> None:
        shard = self.shards[shard_id] = Shard(self, shard_id, position, self.factor)
        self._touched.add(shard_id)
        for lane in shard.lanes:
            lane.resume(mapping)

    async def _read_shard(self, call: Call, mapping: Mapping, shard: Shard) -> None:
        """Read what there is, up to what the lanes can take for now."""
        size: int = mapping.settings.get("BatchSize") or 100
        while not shard.is_read_out:
            if len(shard.open) >= max(READ_MAX, size * self.factor):
                shard.has_more = True
                return
            told = await self._next(call, shard)
            if told is None:
                continue
            records: list[dict[str, Any]] = told["Records"]
            following = told.get("NextShardIterator")
            shard.place = Place(following, call.now) if following else None
            if following and not shard.read_up_to.isdigit() and not records:
                shard.read_up_to = f"{following} {call.now}"
                self.keep_position(shard.id, shard.read_up_to)
            self._hand_out(call, mapping, shard, records)
            shard.has_more = bool(following) and len(records) > 0
            if following is None:
                shard.is_read_out = True
                if not shard.open:
                    self.finished(shard)
            if not records:
                return
            if len(records) < READ_MAX and following and told_bytes(records) < 500_000:
                shard.has_more = False
                return

    async def _next(self, call: Call, shard: Shard) -> dict[str, Any] | None:
        """The next records of a shard; None where its place has to be found anew."""
        place = shard.place
        if place is None or place.made_ms + ITERATOR_MS * 2 <= call.now:
            place = await self._placed(call, shard)
        try:
            return await self._asked(call, "get_records", {"ShardIterator": place.iterator, "Limit": READ_MAX})
        except AwsError as error:
            if error.code == "TrimmedDataAccessException" or (
                error.code == "ExpiredIteratorException" and not shard.read_up_to.isdigit()
            ):
                _, _, made = shard.read_up_to.partition(" ")
                shard.not_before_ms = int(made or 0) // 1000 * 1000
                shard.read_up_to = HORIZON
            elif error.code != "ExpiredIteratorException":
                raise
            shard.place = None
            return None

    async def _placed(self, call: Call, shard: Shard) -> Place:
        after = shard.read_up_to
        kept, _, made = after.partition(" ")
        if made:
            return Place(kept, int(made))
        request: dict[str, Any] = {"StreamArn": self.source_arn, "ShardId": shard.id}
        if after.isdigit():
            request |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        else:
            request["ShardIteratorType"] = after
        try:
            answer = await self._asked(call, "get_shard_iterator", request)
        except AwsError as error:
            if error.code != "TrimmedDataAccessException":
                raise
            answer = await self._asked(call, "get_shard_iterator", {
                "StreamArn": self.source_arn, "ShardId": shard.id, "ShardIteratorType": HORIZON,
            })  # fmt: skip
        return Place(answer["ShardIterator"], call.now)

    async def _asked(self, call: Call, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = getattr((await self.ports(call)).dynamodbstreams, operation)(request)
        answer = await answer if inspect.isawaitable(answer) else answer
        call.reread_clock()
        return answer

    # --- records

    def _hand_out(self, call: Call, mapping: Mapping, shard: Shard, records: list[dict[str, Any]]) -> None:
        """Give every record that passes the filters to the lane of its partition key."""
        patterns = filtering.patterns(mapping.settings)
        dropped: list[Item] = []
        for told in records:
            item = self._item(call, told)
            shard.read_up_to = item.sequence
            shard.open[item.sequence] = False
            if item.at_ms < shard.not_before_ms or (patterns and not _passes(patterns, item.record)):
                dropped.append(item)
                continue
            key = msgspec.json.encode(told["dynamodb"]["Keys"][self.hash_name])
            shard.lanes[zlib.crc32(key) % len(shard.lanes)].take(item)
        if records:
            call.happened(
                "lambda.RecordsPolled",
                self.arn,
                mapping=self.uuid,
                function=mapping.function_arn,
                polled=len(records),
                filtered=len(dropped),
            )
        if dropped:
            shard.done(dropped)

    def _item(self, call: Call, told: dict[str, Any]) -> Item:
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
        return Item(change["SequenceNumber"], at_ms, call.now, record, len(msgspec.json.encode(record)))

    # --- how far it is

    def keep_position(self, shard_id: str, position: str) -> None:
        """Note how far a shard has been done with, so that it goes on from there after a restart."""
        mapping = self._row()
        if mapping is not None:
            mapping.positions[shard_id] = position
            self._touch_row()

    def keep_window(self, key: str, window: dict[str, Any] | None) -> None:
        """Note a tumbling window's state, or that it is over."""
        mapping = self._row()
        if mapping is not None:
            if window is None:
                mapping.windows.pop(key, None)
            else:
                mapping.windows[key] = window
            self._touch_row()

    def finished(self, shard: Shard) -> None:
        """A shard is closed and everything in it is done with: its children may be read."""
        if self.shards.pop(shard.id, None) is not None:
            self.keep_position(shard.id, END)
            self.touch()

    def _forget(self, mapping: Mapping, known: set[str]) -> None:
        gone = [shard_id for shard_id in mapping.positions if shard_id not in known]
        for shard_id in gone:
            del mapping.positions[shard_id]
            self.shards.pop(shard_id, None)
        if gone:
            self._touch_row()

    def _row(self) -> Mapping | None:
        if Feeds.of(self.world).by_uuid.get(self.uuid, self) is not self:
            return None  # another feed has taken its place, and begins with what this one had in hand
        return self.world.state(LambdaState, self.account, self.region).mappings.get(self.uuid)

    def _touch_row(self) -> None:
        self.world.state(LambdaState, self.account, self.region).mappings.touch(self.uuid)


def told_bytes(records: list[dict[str, Any]]) -> int:
    """What records count towards the megabyte that one read gives at most."""
    return sum(record["dynamodb"]["SizeBytes"] for record in records)


def _passes(patterns: list[filtering.Pattern], record: dict[str, Any]) -> bool:
    parsed = filtering.parsed(msgspec.json.encode(record))
    return any(pattern.accepts(parsed) for pattern in patterns)
