"""One metric in one unit, over time: the last hours by minute in rows of their own, what was before in blocks.

Seconds are kept for 3 hours, minutes for 15 days, five minutes for 63 days, hours for 455 days.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html (Metrics retention)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from foulweather.services.cloudwatch.buckets import Bucket, Gathered, gathered, hourly, packed, statistics, unpacked

if TYPE_CHECKING:
    from foulweather.services.cloudwatch.sampling import Zeros
    from foulweather.services.cloudwatch.state import WatchState

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
BLOCK_MINUTES = 120
SECONDS_MS = 3 * HOUR_MS
LOOSE_MAX = 180
RETAINED = ((15 * DAY_MS, 1), (63 * DAY_MS, 5), (455 * DAY_MS, 60))
"""Until what age a datapoint is kept, and how many minutes it then stands for."""

Dimensions = tuple[tuple[str, str], ...]


class StreamRow(msgspec.Struct):
    """Whose values these are."""

    id: str
    namespace: str
    name: str
    dimensions: Dimensions
    unit: str


class Reading(NamedTuple):
    """What is read of a stream: a range, in periods that begin at `origin_ms` and every so often before and after.

    Where no single values are asked for (no percentiles, say), only the statistics are put together.
    """

    start_ms: int
    end_ms: int
    period_ms: int
    origin_ms: int
    now_ms: int
    has_values: bool = True

    @property
    def first_minute(self) -> int:
        """The first minute that is still told at this period."""
        age_ms = next((age for age, minutes in reversed(RETAINED) if self.period_ms >= minutes * MINUTE_MS), 0)
        return max(self.start_ms, self.now_ms - age_ms) // MINUTE_MS

    @property
    def is_of_hours(self) -> bool:
        """Whether each period is made of whole hours."""
        return self.period_ms % HOUR_MS == 0 and self.origin_ms % HOUR_MS == 0

    def start_of(self, at_ms: int) -> int:
        """When the period of a time begins."""
        return at_ms - (at_ms - self.origin_ms) % self.period_ms


class Stream:
    """The buckets of a metric in one unit, by minute since the epoch."""

    __slots__ = (
        "_block", "_block_at", "_key", "_last", "_rolled", "_state", "blocks", "changes", "last_ms", "loose_from",
        "minutes", "row", "zeros",
    )  # fmt: skip

    def __init__(self, state: WatchState, row: StreamRow) -> None:
        self._state = state
        self.row = row
        self.minutes: dict[int, Bucket] = {}
        self.blocks: dict[int, int] = {}
        self.loose_from = 0
        self.last_ms = 0
        self.changes = 0
        self.zeros: Zeros | None = None
        self._last: int = -1
        self._key = ""
        self._block: dict[int, Bucket] = {}
        self._block_at = -1
        self._rolled = 0

    def change(self) -> int:
        """How often it was added to."""
        return self.changes if self.zeros is None else self.changes + self.zeros.change()

    def newest_ms(self, now_ms: int) -> int:
        """When there was a datapoint last."""
        return self.last_ms if self.zeros is None else max(self.last_ms, self.zeros.newest_ms(now_ms))

    def add(self, at_ms: int, value: float) -> None:
        """Add one value, as most of what is published is: mostly the first of its minute."""
        minute = at_ms // MINUTE_MS
        if minute in self.minutes or len(self.minutes) >= LOOSE_MAX:
            self.bucket(at_ms).add(value)
            return
        self.changes += 1
        if minute <= self._state.streamed_minute:
            self._state.note_late(self.row.id, minute)
        if at_ms > self.last_ms:
            self.last_ms = at_ms
        self._last, self._key = minute, f"{self.row.id}.{minute}"
        found = self.minutes[minute] = Bucket(1.0, value, value, value, {value: 1.0})
        self._state.minutes.put(self._key, found)

    def bucket(self, at_ms: int) -> Bucket:
        """The bucket of a time, to be added to; it is written with the next commit."""
        minute = at_ms // MINUTE_MS
        self.changes += 1
        if minute <= self._state.streamed_minute:
            self._state.note_late(self.row.id, minute)
        if at_ms > self.last_ms:
            self.last_ms = at_ms
        table = self._state.minutes
        if minute == self._last:
            table.touch(self._key)
            return self.minutes[minute]
        found = self.minutes.get(minute)
        self._last, self._key = minute, f"{self.row.id}.{minute}"
        if found is None:
            if len(self.minutes) >= LOOSE_MAX:
                self._pack(max(minute, max(self.minutes)))
            found = self.minutes[minute] = Bucket()
            table.put(self._key, found)
        else:
            table.touch(self._key)
        return found

    def second(self, at_ms: int, minute: Bucket) -> Bucket:
        """The bucket of a second within a minute's."""
        if minute.seconds is None:
            minute.seconds = {}
        second = at_ms // 1000
        found = minute.seconds.get(second)
        if found is None:
            found = minute.seconds[second] = Bucket()
        return found

    def read(self, wanted: Reading, into: dict[int, Bucket]) -> None:
        """Add what there is of a range to buckets of a period, by the time at which each begins.

        Datapoints that are retained in less detail than the period asks for are not told.
        """
        if wanted.period_ms < MINUTE_MS:
            self._read_seconds(wanted, into)
            return
        first, last = wanted.first_minute, -(-wanted.end_ms // MINUTE_MS)
        told: set[int] | None = None if self.zeros is None else set()
        if self.blocks:
            for at in self._blocks_within(first, last):
                if wanted.has_values or told is not None:
                    self._collect(self._opened(at), first, last, wanted, into, told)
                else:
                    self._sum(at, first, last, wanted, into)
        self._collect(self.minutes, first, last, wanted, into, told)
        if self.zeros is not None and told is not None:
            self.zeros.read(wanted, told, into)

    def has_loose(self, first: int) -> bool:
        """Whether all that there is from some minute on is held as it is, a bucket for each."""
        return self.zeros is None and first >= self.loose_from

    def _blocks_within(self, first: int, last: int) -> list[int]:
        begin, end = first // BLOCK_MINUTES, -(-last // BLOCK_MINUTES)
        if end - begin < len(self.blocks):
            return [at for at in range(begin, end) if at in self.blocks]
        return sorted(at for at in self.blocks if begin <= at < end)

    def _sum(self, at: int, first: int, last: int, wanted: Reading, into: dict[int, Bucket]) -> None:
        """Add a block's statistics, without making its buckets: those of its hours where that is enough."""
        _, _, period_ms, origin_ms, _, _ = wanted
        start_ms, held = -1, None
        is_whole = first <= at * BLOCK_MINUTES and (at + 1) * BLOCK_MINUTES <= last
        kept = self._state.blocks[f"{self.row.id}.{at}"]
        for minute, count, total, low, high in (hourly if is_whole and wanted.is_of_hours else statistics)(kept):
            if first <= minute < last:
                at_ms = minute * MINUTE_MS
                begins_ms = at_ms - (at_ms - origin_ms) % period_ms
                if held is not None and begins_ms == start_ms:
                    held.take(count, total, low, high)
                elif begins_ms in into:
                    held = gathered(into, begins_ms)
                    held.take(count, total, low, high)
                else:
                    held = into[begins_ms] = Gathered(count, total, low, high, None)
                start_ms = begins_ms

    def _collect(
        self,
        buckets: dict[int, Bucket],
        first: int,
        last: int,
        wanted: Reading,
        into: dict[int, Bucket],
        told: set[int] | None,
    ) -> None:
        _, _, period_ms, origin_ms, _, has_values = wanted
        minutes = buckets if len(buckets) < last - first else range(first, last)
        for minute in minutes:
            bucket = buckets.get(minute)
            if bucket is None or not first <= minute < last:
                continue
            if told is not None:
                told.add(minute)
            at_ms = minute * MINUTE_MS
            start_ms = at_ms - (at_ms - origin_ms) % period_ms
            held = into.get(start_ms)
            if held is None:
                into[start_ms] = bucket
                continue
            held = held if isinstance(held, Gathered) else gathered(into, start_ms)
            if has_values:
                held.merge(bucket)
            else:
                held.take(bucket.count, bucket.total, bucket.low, bucket.high)

    def _read_seconds(self, wanted: Reading, into: dict[int, Bucket]) -> None:
        start_ms = max(wanted.start_ms, wanted.now_ms - SECONDS_MS)
        for minute in range(start_ms // MINUTE_MS, -(-wanted.end_ms // MINUTE_MS)):
            bucket = self.minutes.get(minute)
            for second, held in (bucket.seconds or {}).items() if bucket is not None else ():
                at_ms = second * 1000
                if start_ms <= at_ms < wanted.end_ms:
                    gathered(into, wanted.start_of(at_ms)).merge(held)

    # --- packing

    def _pack(self, newest: int) -> None:
        """Put whole blocks of minutes that are not likely to change any more away; old ones get coarser."""
        minutes, delete, owner = self.minutes, self._state.minutes.delete, self.row.id
        by_block: dict[int, dict[int, Bucket]] = {}
        until = (newest - 60) // BLOCK_MINUTES * BLOCK_MINUTES
        for minute in [each for each in minutes if each < until]:
            bucket = minutes[minute]
            if bucket.seconds:
                if (newest - minute) * MINUTE_MS < SECONDS_MS:
                    continue
                bucket.seconds = None
            at = minute // BLOCK_MINUTES
            if at not in by_block:
                by_block[at] = {}
            by_block[at][minute] = minutes.pop(minute)
            delete(f"{owner}.{minute}")
        for at, buckets in by_block.items():
            block = self._opened(at) if at in self.blocks else {}
            for minute, bucket in buckets.items():
                if minute in block:
                    block[minute].merge(bucket)
                else:
                    block[minute] = bucket
            self._write(at, block, 1)
        if newest * MINUTE_MS - self._rolled > DAY_MS:
            self._rolled = newest * MINUTE_MS
            self._roll_up(newest)

    def _roll_up(self, newest: int) -> None:
        """Make blocks that have become old coarser, once for each age, and drop those that are too old."""
        for at, minutes in list(self.blocks.items()):
            kept = resolution((newest - (at + 1) * BLOCK_MINUTES) * MINUTE_MS)
            if kept == minutes:
                continue
            if not kept:
                del self.blocks[at]
                self._state.blocks.delete(f"{self.row.id}.{at}")
                continue
            coarse: dict[int, Bucket] = {}
            for minute, bucket in self._opened(at).items():
                coarse.setdefault(minute - minute % kept, Bucket()).merge(bucket)
            self._write(at, coarse, kept)

    def have_block(self, at: int, minutes: int) -> None:
        """Know of a block, and how many minutes its datapoints stand for."""
        self.blocks[at] = minutes
        self.loose_from = max(self.loose_from, (at + 1) * BLOCK_MINUTES)

    def _opened(self, at: int) -> dict[int, Bucket]:
        if at != self._block_at:
            self._block, self._block_at = unpacked(self._state.blocks[f"{self.row.id}.{at}"]), at
        return self._block

    def _write(self, at: int, block: dict[int, Bucket], minutes: int) -> None:
        self.have_block(at, minutes)
        self._state.blocks.put(f"{self.row.id}.{at}", packed(block))
        self._block, self._block_at = {}, -1


def resolution(age_ms: int) -> int:
    """How many minutes one kept datapoint of an age stands for, 0 when it is gone."""
    return next((minutes for until_ms, minutes in RETAINED if age_ms <= until_ms), 0)


def aligned(start_ms: int, now_ms: int, period_s: int) -> int:
    """A start time rounded down as far as the age of the data asks: whole minutes, five minutes, hours."""
    age_ms = now_ms - start_ms
    if age_ms > 63 * DAY_MS:
        step_ms = HOUR_MS
    elif age_ms > 15 * DAY_MS:
        step_ms = 5 * MINUTE_MS
    elif period_s < 60:
        step_ms = period_s * 1000
    else:
        step_ms = MINUTE_MS
    return start_ms - start_ms % step_ms
