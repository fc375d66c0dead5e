"""Streams: shards read in order, parents before children, and how far each has been done with.

What DynamoDB's and Kinesis' streams have in common. Lambda polls every shard a few times a second; here a write to the
stream has it polled that much later, and a stream that nobody writes to is left alone.
"""

from __future__ import annotations

import inspect
import zlib
from abc import abstractmethod
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.lambda_ import filtering
from foulweather.services.lambda_.feeds import Feed, Feeds, backoff_ms, measured
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.sources.lanes import Item, Lane
from foulweather.services.lambda_.state import LambdaState

END = "END"
HORIZON = "TRIM_HORIZON"
LATEST = "LATEST"
# Readers share what a shard gives: being refused now and then is no problem yet.
THROTTLED = frozenset({"LimitExceededException", "ProvisionedThroughputExceededException"})
THROTTLED_MAX = 5


class Place(NamedTuple):
    """An iterator, and when it was made."""

    iterator: str
    made_ms: int


class Listed(NamedTuple):
    """A shard as the stream tells of it."""

    id: str
    parents: tuple[str, ...]
    is_closed: bool


class Got(NamedTuple):
    """What one read gave: records, the next iterator (none at the shard's end), and whether there may be more."""

    records: list[dict[str, Any]]
    following: str
    has_more: bool


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

    poll_ms = 250
    read_max = 1_000
    renewed_ms = 5 * 60_000
    """An iterator that nothing was read with is all that says where to begin: it is renewed before it expires."""
    iterator_ms = 10 * 60_000
    kept_ms = 24 * 3_600_000
    no_access = ""

    def __init__(self, pipeline: Pipeline, mapping: Mapping) -> None:
        super().__init__(pipeline, mapping)
        self.factor: int = mapping.settings.get("ParallelizationFactor") or 1
        self.shards: dict[str, Shard] = {}
        self._touched: set[str] = set()
        self._alarm = 0
        self._is_reading = False
        self._failures = 0
        self._is_surveyed = False

    # --- what its kind of stream does

    @abstractmethod
    async def listed(self, call: Call) -> list[Listed]:
        """The shards that the stream has, parents before children."""

    @abstractmethod
    async def placed(self, call: Call, shard: Shard) -> str:
        """An iterator for where a shard has been read up to."""

    @abstractmethod
    async def got(self, call: Call, iterator: str) -> Got:
        """Read."""

    @abstractmethod
    def item(self, call: Call, shard: Shard, told: dict[str, Any]) -> tuple[Item, bytes]:
        """A record as the function gets it, and its partition key."""

    @abstractmethod
    def passes(self, patterns: list[filtering.Pattern], item: Item, told: dict[str, Any]) -> bool:
        """Whether the mapping's filters let a record through."""

    def first_position(self, mapping: Mapping, shard: Listed) -> str:
        """Where a new mapping begins to read a shard."""
        if mapping.settings.get("StartingPosition") == LATEST:
            return END if shard.is_closed else LATEST
        return HORIZON

    # --- what begins its work

    def tend(self) -> None:
        """Look at the stream's shards when that was not done yet, and keep iterators from growing old."""
        if not self._is_surveyed:
            self._set_alarm(0)
            return
        now_ms = self.world.clock.now_ms
        for shard in self.shards.values():
            if not shard.position.isdigit() and shard.place and shard.place.made_ms + self.renewed_ms <= now_ms:
                self.touch(shard.id)
            for lane in shard.lanes:
                lane.tend()

    def touch(self, part: str = "") -> None:
        """There is something to read in a shard, or in one that is not known yet."""
        if not part:
            self._is_surveyed = False
        else:
            self._touched.add(part)
        self._set_alarm(self.poll_ms)

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
        wait_ms = self.poll_ms
        try:
            mapping = self.mapping
            if mapping is not None:
                call = self.call()
                try:
                    await self._read_touched(call, mapping)
                    self._failures = 0
                    self.went_well("Poll")
                except AwsError as error:
                    wait_ms = self.refused(call, error, self._failures)
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
                    await self.read_shard(call, mapping, shard)
            except AwsError:
                self._touched.add(shard_id)
                raise

    def refused(self, call: Call, error: AwsError, failures: int) -> int:
        """Put on record that the stream could not be read; how long to wait before it is tried again."""
        if error.code in THROTTLED and failures < THROTTLED_MAX:
            return max(self.poll_ms, 1_000)
        if error.code == "ResourceNotFoundException":
            self._is_surveyed = False  # a shard has expired, or the stream is gone
        self.note_problem(call, error)
        denied = error.code.startswith("AccessDenied")
        words = self.no_access.format(self.source_arn) if denied else f"PROBLEM: {error.message}"
        self.note_result(words)
        return backoff_ms(failures)

    async def _survey(self, call: Call, mapping: Mapping) -> None:
        """See which shards there are, and begin with those whose parents are done with."""
        listed = await self.listed(call)
        known = {shard.id for shard in listed}
        if not mapping.positions and listed:
            mapping.positions.update({shard.id: self.first_position(mapping, shard) for shard in listed})
            self._touch_row()
        self._forget(mapping, known)
        waits = False
        for shard in listed:
            position = mapping.positions.get(shard.id, HORIZON)
            if position == END or shard.id in self.shards:
                continue
            unread = [each for each in shard.parents if each in known and mapping.positions.get(each) != END]
            if unread:
                waits = True
                self._touched.update(unread)
                self._touched.discard(shard.id)
            else:
                self._open(mapping, shard.id, position)
        self._touched &= self.shards.keys()
        self._is_surveyed = True
        if waits:  # the parents' ends will have it looked at again
            self._touched |= {shard_id for shard_id in self.shards if not self.shards[shard_id].is_read_out}

    def _open(self, mapping: Mapping, shard_id: str, position: str) -> None:
        shard = self.shards[shard_id] = Shard(self, shard_id, position, self.factor)
        self._touched.add(shard_id)
        for lane in shard.lanes:
            lane.resume(mapping)

    def is_full(self, mapping: Mapping, shard: Shard) -> bool:
        """Whether the lanes of a shard have all that they can take for now."""
        size: int = mapping.settings.get("BatchSize") or 100
        return len(shard.open) >= max(self.read_max, size * self.factor)

    async def read_shard(self, call: Call, mapping: Mapping, shard: Shard) -> None:
        """Read what there is, up to what the lanes can take for now."""
        while not shard.is_read_out:
            if self.is_full(mapping, shard):
                shard.has_more = True
                return
            got = await self._next(call, shard)
            if got is None:
                continue
            shard.place = Place(got.following, call.now) if got.following else None
            if got.following and not shard.read_up_to.isdigit() and not got.records:
                self._remember(shard, got.following, call.now)
            self.hand_out(call, mapping, shard, got.records)
            shard.has_more = got.has_more
            if not got.following:
                self.read_out(shard)
            if not got.has_more:
                return

    def read_out(self, shard: Shard) -> None:
        """A shard's end was read."""
        shard.is_read_out = True
        if not shard.open:
            self.finished(shard)

    def _remember(self, shard: Shard, iterator: str, now_ms: int) -> None:
        """Keep an iterator as the shard's position: nothing else says where reading is to begin."""
        shard.read_up_to = f"{iterator} {now_ms}"
        self.keep_position(shard.id, shard.read_up_to)

    async def _next(self, call: Call, shard: Shard) -> Got | None:
        """The next records of a shard; None where its place has to be found anew."""
        place = shard.place
        if place is None or place.made_ms + self.iterator_ms <= call.now:
            place = await self._place(call, shard)
        try:
            return await self.got(call, place.iterator)
        except AwsError as error:
            if error.code not in ("TrimmedDataAccessException", "ExpiredIteratorException"):
                raise
            shard.place = None
            _, _, made = shard.read_up_to.partition(" ")
            if made:
                # From the oldest record on, without those that were there before.
                shard.not_before_ms = int(made) // 1000 * 1000
            if made or error.code == "TrimmedDataAccessException":
                shard.read_up_to = HORIZON
            return None

    async def _place(self, call: Call, shard: Shard) -> Place:
        kept, _, made = shard.read_up_to.partition(" ")
        if made:
            return Place(kept, int(made))
        iterator = await self.placed(call, shard)
        if shard.read_up_to == LATEST:
            self._remember(shard, iterator, call.now)
        return Place(iterator, call.now)

    async def asked(self, call: Call, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """What a service answers the execution role."""
        answer = getattr(getattr(await self.ports(call), service), operation)(request)
        answer = await answer if inspect.isawaitable(answer) else answer
        call.reread_clock()
        return answer

    # --- records

    def hand_out(self, call: Call, mapping: Mapping, shard: Shard, records: list[dict[str, Any]]) -> None:
        """Give every record that passes the filters to the lane of its partition key."""
        if not records:
            return
        patterns = filtering.patterns(mapping.settings)
        dropped: list[Item] = []
        for told in records:
            item, key = self.item(call, shard, told)
            shard.read_up_to = item.sequence
            shard.open[item.sequence] = False
            if item.at_ms < shard.not_before_ms or (patterns and not self.passes(patterns, item, told)):
                dropped.append(item)
                continue
            shard.lanes[zlib.crc32(key) % len(shard.lanes)].take(item)
        call.happened(
            "lambda.RecordsPolled",
            self.arn,
            mapping=self.uuid,
            function=mapping.function_arn,
            polled=len(records),
            filtered=len(dropped),
            **measured(mapping),
        )
        if dropped:
            shard.done(dropped)

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
