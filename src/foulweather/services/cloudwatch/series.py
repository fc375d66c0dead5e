"""One metric in one unit, over time: the last hours by minute in rows of their own, the days before in blocks.

Seconds are kept for 3 hours, minutes for 15 days, five minutes for 63 days, hours for 455 days.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html (Metrics retention)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from foulweather.services.cloudwatch.buckets import Bucket, packed, unpacked

if TYPE_CHECKING:
    from foulweather.services.cloudwatch.state import WatchState

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
DAY_MINUTES = 1440
SECONDS_MS = 3 * HOUR_MS
LOOSE_MAX = 120
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


class Stream:
    """The buckets of a metric in one unit, by minute since the epoch."""

    __slots__ = ("_block", "_block_day", "_key", "_last", "_state", "days", "last_ms", "minutes", "row")

    def __init__(self, state: WatchState, row: StreamRow) -> None:
        self._state = state
        self.row = row
        self.minutes: dict[int, Bucket] = {}
        self.days: set[int] = set()
        self.last_ms = 0
        self._last = -1
        self._key = ""
        self._block: dict[int, Bucket] = {}
        self._block_day = -1

    def bucket(self, at_ms: int) -> Bucket:
        """The bucket of a time, to be added to; it is written with the next commit."""
        minute = at_ms // MINUTE_MS
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

    def read(
        self, start_ms: int, end_ms: int, period_ms: int, origin_ms: int, now_ms: int, into: dict[int, Bucket]
    ) -> None:
        """Add what there is of a range to buckets of a period, by the time at which each begins.

        Datapoints that are retained in less detail than the period asks for are not told.
        """
        if period_ms < MINUTE_MS:
            self._read_seconds(max(start_ms, now_ms - SECONDS_MS), end_ms, period_ms, origin_ms, into)
            return
        first, last = start_ms // MINUTE_MS, -(-end_ms // MINUTE_MS)
        for day in sorted(self.days):
            if day * DAY_MINUTES < last and (day + 1) * DAY_MINUTES > first:
                self._collect(self._opened(day), first, last, period_ms, origin_ms, now_ms, into)
        self._collect(self.minutes, first, last, period_ms, origin_ms, now_ms, into)

    def _collect(
        self,
        buckets: dict[int, Bucket],
        first: int,
        last: int,
        period_ms: int,
        origin_ms: int,
        now_ms: int,
        into: dict[int, Bucket],
    ) -> None:
        for minute, bucket in buckets.items():
            if not first <= minute < last:
                continue
            at_ms = minute * MINUTE_MS
            if now_ms - at_ms > RETAINED[0][0]:
                kept = resolution(now_ms - at_ms)
                if not kept or period_ms < kept * MINUTE_MS:
                    continue
                at_ms -= at_ms % (kept * MINUTE_MS)
            start_ms = at_ms - (at_ms - origin_ms) % period_ms
            held = into.get(start_ms)
            if held is None:
                held = into[start_ms] = Bucket()
            held.merge(bucket)

    def _read_seconds(
        self, start_ms: int, end_ms: int, period_ms: int, origin_ms: int, into: dict[int, Bucket]
    ) -> None:
        for minute in range(start_ms // MINUTE_MS, -(-end_ms // MINUTE_MS)):
            bucket = self.minutes.get(minute)
            for second, held in (bucket.seconds or {}).items() if bucket is not None else ():
                at_ms = second * 1000
                if start_ms <= at_ms < end_ms:
                    into.setdefault(at_ms - (at_ms - origin_ms) % period_ms, Bucket()).merge(held)

    # --- packing

    def _pack(self, newest: int) -> None:
        """Put minutes that are not likely to change any more into their day's block; old days get coarser."""
        horizon = newest - 60
        by_day: dict[int, dict[int, Bucket]] = {}
        for minute in [minute for minute in self.minutes if minute < horizon]:
            bucket = self.minutes[minute]
            if bucket.seconds and (newest - minute) * MINUTE_MS < SECONDS_MS:
                continue
            bucket.seconds = None
            by_day.setdefault(minute // DAY_MINUTES, {})[minute] = self.minutes.pop(minute)
            self._state.minutes.delete(f"{self.row.id}.{minute}")
        for day, buckets in by_day.items():
            block = self._opened(day) if day in self.days else {}
            for minute, bucket in buckets.items():
                if minute in block:
                    block[minute].merge(bucket)
                else:
                    block[minute] = bucket
            self._write(day, block)
        self._forget(newest)

    def _forget(self, newest: int) -> None:
        """Roll up the days that have become old, and drop those that are too old."""
        for day in list(self.days):
            age_ms = (newest - (day + 1) * DAY_MINUTES) * MINUTE_MS
            kept = resolution(age_ms)
            if kept == 1:
                continue
            key = f"{self.row.id}.{day}"
            if not kept:
                self.days.discard(day)
                self._state.days.delete(key)
                continue
            block = self._opened(day)
            coarse: dict[int, Bucket] = {}
            for minute, bucket in block.items():
                coarse.setdefault(minute - minute % kept, Bucket()).merge(bucket)
            if len(coarse) < len(block):
                self._write(day, coarse)

    def _opened(self, day: int) -> dict[int, Bucket]:
        if day != self._block_day:
            self._block, self._block_day = unpacked(self._state.days[f"{self.row.id}.{day}"]), day
        return self._block

    def _write(self, day: int, block: dict[int, Bucket]) -> None:
        self.days.add(day)
        self._state.days.put(f"{self.row.id}.{day}", packed(block))
        self._block, self._block_day = {}, -1


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
