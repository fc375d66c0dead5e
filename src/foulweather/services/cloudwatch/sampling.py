"""Values that stand until they change, kept as runs: what nobody tells is sampled when somebody looks.

A queue's depth or a table's capacity is the same for minutes, hours or days. A run says from which minute to which,
and what stood then; the minute's datapoints are made of it when they are read. Looking changes nothing, and a year in
which nothing happens costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from foulweather.services.cloudwatch.buckets import Bucket, gathered
from foulweather.services.cloudwatch.series import MINUTE_MS, RETAINED, Reading

if TYPE_CHECKING:
    from foulweather.services.cloudwatch.measuring import Tallies

LOOSE_MAX = 200
"""So many runs are held as they are; then they become one row of bytes."""

NEVER = 1 << 32
"""A minute that does not come."""

Form = Literal["value", "age", "until"]
"""A value as it is, or a time: the seconds since then at the end of a minute, or until then while there are any."""

Run = list[int]
"""The first minute, the last one, and each value."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Run]).decode


class Sampled(msgspec.Struct, kw_only=True):
    """What stands, since when it is not in a run yet, and the runs before."""

    key: str
    sampled_minute: int
    runs: list[Run] = msgspec.field(default_factory=list[Run])
    packs: list[tuple[int, int]] = msgspec.field(default_factory=list[tuple[int, int]])
    is_gone: bool = False
    every_minutes: int = 1
    changes: int = 0

    def standing(self, first: int, last: int) -> Iterator[Run]:
        """The runs that what stands now makes of some minutes."""
        raise NotImplementedError

    def close(self, tallies: Tallies, until: int) -> None:
        """Make runs of what stood until the end of a minute, for it is about to change."""
        first, self.sampled_minute = self.sampled_minute + 1, until
        if self.is_gone:
            return
        for run in self.standing(first, until):
            held = self.runs[-1] if self.runs else None
            if held is not None and held[1] + 1 == run[0] and held[2:] == run[2:]:
                held[1] = run[1]
            else:
                self.runs.append(run)
        if len(self.runs) > LOOSE_MAX:
            self._pack(tallies)

    def _pack(self, tallies: Tallies) -> None:
        runs, self.runs = self.runs[:-1], self.runs[-1:]
        self.packs.append((runs[0][0], runs[-1][1]))
        tallies.run_packs.put(f"{self.key}|{runs[0][0]}", _pack(runs))
        oldest = runs[-1][1] - RETAINED[-1][0] // MINUTE_MS
        while self.packs[0][1] < oldest:
            first, _ = self.packs.pop(0)
            tallies.run_packs.delete(f"{self.key}|{first}")

    def within(self, tallies: Tallies, first: int, last: int, now_minute: int) -> Iterator[Run]:
        """The runs that touch some minutes, clipped to them; the last one ends with the minute before now."""
        for begins, ends in self.packs:
            if begins <= last and ends >= first:
                yield from _clipped(_unpack(tallies.run_packs[f"{self.key}|{begins}"]), first, last)
        yield from _clipped(self.runs, first, last)
        if not self.is_gone and self.sampled_minute < min(last, now_minute - 1):
            standing = self.standing(self.sampled_minute + 1, now_minute - 1)
            yield from _clipped(standing, first, last)

    def news_minute(self, now_minute: int) -> int:
        """In which minute one will see another sample than that of the last minute, if nothing happens."""
        if self.is_gone:
            return NEVER
        if self.sampled_minute >= now_minute - 1:
            return now_minute  # it was changed in this very minute
        run = next(iter(self.standing(now_minute - 1, NEVER)), None)
        return NEVER if run is None else run[1] + 2

    def newest_minute(self, now_minute: int) -> int:
        """The last minute that has a sample, -1 when there is none."""
        found = self.runs[-1][1] if self.runs else -1
        if not self.is_gone:
            for run in self.standing(self.sampled_minute + 1, now_minute - 1):
                found = run[1]
        return found


def _clipped(runs: Iterator[Run] | list[Run], first: int, last: int) -> Iterator[Run]:
    for run in runs:
        if run[0] <= last and run[1] >= first:
            yield [max(run[0], first), min(run[1], last), *run[2:]]


class View:
    """One of the values of what is sampled, as a metric: it is read as a stream is."""

    __slots__ = ("_column", "_form", "_sampled", "_tallies")

    def __init__(self, tallies: Tallies, sampled: Sampled, column: int, form: Form = "value") -> None:
        self._tallies = tallies
        self._sampled = sampled
        self._column = column + 2
        self._form = form

    def change(self) -> int:
        """How often what is sampled was changed."""
        return self._sampled.changes

    def news_minute(self, now_minute: int) -> int:
        """In which minute one will see another sample than that of the last minute, if nothing happens."""
        return self._sampled.news_minute(now_minute)

    def newest_ms(self, now_ms: int) -> int:
        """When there was a datapoint last."""
        return self._sampled.newest_minute(now_ms // MINUTE_MS) * MINUTE_MS

    def read(self, wanted: Reading, into: dict[int, Bucket]) -> None:
        """Add the samples of a range to buckets of a period."""
        if wanted.period_ms < MINUTE_MS:
            return
        step = self._sampled.every_minutes
        now_minute = wanted.now_ms // MINUTE_MS
        first, last = wanted.first_minute, -(-wanted.end_ms // MINUTE_MS) - 1
        for run in self._sampled.within(self._tallies, first, last, now_minute):
            begin, value = -(-run[0] // step) * step, run[self._column]
            if self._form == "value" or (self._form == "age" and not value):
                fill(into, wanted, (begin, run[1], step), float(value))
            else:
                self._read_time(into, wanted, range(begin, run[1] + 1, step), value)

    def _read_time(self, into: dict[int, Bucket], wanted: Reading, minutes: range, when_ms: int) -> None:
        for minute in minutes:
            at_ms = minute * MINUTE_MS
            value = (at_ms + MINUTE_MS - when_ms) if self._form == "age" else (when_ms - at_ms)
            if value < 0 and self._form == "until":
                return
            gathered(into, wanted.start_of(at_ms)).add(float(max(0, value) // 1000))


def fill(into: dict[int, Bucket], wanted: Reading, minutes: tuple[int, int, int], value: float) -> None:
    """Add a value for each so manieth minute from a first to a last one, a period at a time."""
    minute, last, step = minutes
    while minute <= last:
        start_ms = wanted.start_of(minute * MINUTE_MS)
        ends = min(last, (start_ms + wanted.period_ms - 1) // MINUTE_MS)
        count = (ends - minute) // step + 1
        gathered(into, start_ms).add(value, count)
        minute += count * step


class Zeros:
    """A counted metric's zeros: it is told in each minute in which its resource is sampled, if only as nothing."""

    __slots__ = ("_sampled", "_tallies")

    def __init__(self, tallies: Tallies, sampled: Sampled) -> None:
        self._tallies = tallies
        self._sampled = sampled

    def change(self) -> int:
        """How often what is sampled was changed."""
        return self._sampled.changes

    def news_minute(self, now_minute: int) -> int:
        """In which minute one will see another sample than that of the last minute, if nothing happens."""
        return self._sampled.news_minute(now_minute)

    def newest_ms(self, now_ms: int) -> int:
        """When there was a zero last."""
        return self._sampled.newest_minute(now_ms // MINUTE_MS) * MINUTE_MS

    def read(self, wanted: Reading, told: set[int], into: dict[int, Bucket]) -> None:
        """Add the zeros of a range to buckets of a period; `told` are the minutes that have values."""
        now_minute = wanted.now_ms // MINUTE_MS
        first, last = wanted.first_minute, -(-wanted.end_ms // MINUTE_MS) - 1
        fine = now_minute - RETAINED[0][0] // MINUTE_MS
        for run in self._sampled.within(self._tallies, first, last, now_minute):
            begin = run[0]
            for slot in range(begin - begin % 5, min(run[1], fine - 1) + 1, 5):  # what is told here is by five minutes
                if told.isdisjoint(range(slot, slot + 5)):
                    fill(into, wanted, (max(slot, begin), min(slot + 4, run[1]), 1), 0.0)
            begin = max(begin, fine)
            for minute in sorted(each for each in told if begin <= each <= run[1]):
                fill(into, wanted, (begin, minute - 1, 1), 0.0)
                begin = minute + 1
            fill(into, wanted, (begin, run[1], 1), 0.0)
