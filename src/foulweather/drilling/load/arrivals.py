"""Open-loop arrivals: when the next request comes, whatever became of the earlier ones.

A process gives the arrivals' times one after the other, in whole milliseconds of the world; several
may share one. Its rate is an integer (`per_s` or `per_min`); shapes multiply it over time, second by
second. Inside it counts microseconds, so that rounding does not change the mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from foulweather.world.world import Stream

STEP_MS = 1000
"""How often shapes are asked for the rate."""
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_ONE = 1_000_000_000
"""One arrival, in the billionths that the processes count in."""


class Arrivals(Protocol):
    """Something that says when requests come."""

    def times(self, draws: Stream, start_ms: int) -> Iterator[int]:
        """The arrivals' times from a start, never falling; an end of the iterator is the end of the load."""
        ...


class Shape(Protocol):
    """How a rate changes over time."""

    def permille(self, offset_ms: int, at_ms: int) -> int:
        """Thousandths of the nominal rate, so long after the start (and at that time of the world)."""
        ...


@dataclass(frozen=True)
class Ramp:
    """From one share of the rate to another, in a straight line."""

    for_ms: int
    from_permille: int = 0
    to_permille: int = 1000
    at_ms: int = 0

    def permille(self, offset_ms: int, at_ms: int) -> int:
        """The share on the line; before and after it, the line's ends."""
        passed = min(max(0, offset_ms - self.at_ms), self.for_ms)
        return self.from_permille + (self.to_permille - self.from_permille) * passed // max(1, self.for_ms)


@dataclass(frozen=True)
class Surge:
    """Several times the rate for a while (or none: `times=0`)."""

    at_ms: int
    for_ms: int
    times: int

    def permille(self, offset_ms: int, at_ms: int) -> int:
        """That many times, while it lasts."""
        return 1000 * self.times if self.at_ms <= offset_ms < self.at_ms + self.for_ms else 1000


# A shop's day: quiet before dawn, a bump at noon, the peak in the evening. The mean is 1000.
SHOP_DAY = (
    350, 220, 150, 130, 150, 280, 560, 880, 1120, 1250, 1330, 1400,
    1480, 1390, 1300, 1270, 1290, 1400, 1560, 1730, 1760, 1510, 970, 520,
)  # fmt: skip


@dataclass(frozen=True)
class Daily:
    """A day and night curve: thousandths of the rate at each hour of the world's day (UTC), straight in between."""

    hours: Sequence[int] = SHOP_DAY
    shift_hours: int = 0
    """How far the people are east of Greenwich."""

    def __post_init__(self) -> None:
        if len(self.hours) != 24:
            raise ValueError(f"a day has 24 hours, not {len(self.hours)}")

    def permille(self, offset_ms: int, at_ms: int) -> int:
        """The curve at that time of the day."""
        hour, within_ms = divmod((at_ms + self.shift_hours * HOUR_MS) % DAY_MS, HOUR_MS)
        here, there = self.hours[hour], self.hours[(hour + 1) % 24]
        return here + (there - here) * within_ms // HOUR_MS


@dataclass(frozen=True)
class _Flow:
    """Arrivals at a rate that shapes change; the two kinds differ in how far apart they are."""

    per_s: int = 0
    per_min: int = 0
    shapes: Sequence[Shape] = ()
    until_ms: int | None = None
    """When it ends, counted from its start."""

    def __post_init__(self) -> None:
        if (self.per_s > 0) == (self.per_min > 0) or self.per_s < 0 or self.per_min < 0:
            raise ValueError("a rate is a positive number per_s or per_min, one of the two")

    def _gap(self, draws: Stream) -> int:
        """How much of the flow passes before the next arrival, in billionths of an arrival."""
        raise NotImplementedError

    def times(self, draws: Stream, start_ms: int) -> Iterator[int]:
        """The arrivals' times from a start."""
        return self._shaped(draws, start_ms) if self.shapes else self._steady(draws, start_ms)

    def _steady(self, draws: Stream, start_ms: int) -> Iterator[int]:
        end_us = None if self.until_ms is None else self.until_ms * 1000
        # A billionth of an arrival passes in 1000 / per_s (60,000 / per_min) picoseconds.
        rate, unit = (self.per_s, 1000) if self.per_s else (self.per_min, 60_000)
        flow = rate * 1_000_000
        at, gap = 0, self._gap
        while True:
            at += gap(draws) * unit
            at_us = at // flow
            if end_us is not None and at_us >= end_us:
                return
            yield start_ms + at_us // 1000

    def _shaped(self, draws: Stream, start_ms: int) -> Iterator[int]:
        step_us = STEP_MS * 1000
        at_us, left = 0, self._gap(draws)
        while self.until_ms is None or at_us < self.until_ms * 1000:
            next_us = at_us - at_us % step_us + step_us
            per_us = self._per_us(at_us // 1000, start_ms)
            passing = per_us * (next_us - at_us) // 1_000_000
            if passing < left:
                left -= passing
                at_us = next_us
                continue
            at_us += left * 1_000_000 // per_us
            if self.until_ms is not None and at_us >= self.until_ms * 1000:
                return
            yield start_ms + at_us // 1000
            left = self._gap(draws)

    def _per_us(self, offset_ms: int, start_ms: int) -> int:
        """The flow now: millionths of billionths of an arrival in a microsecond."""
        flow = self.per_s * _ONE if self.per_s else self.per_min * _ONE // 60
        for shape in self.shapes:
            flow = flow * max(0, shape.permille(offset_ms, start_ms + offset_ms)) // 1000
        return flow


@dataclass(frozen=True)
class Poisson(_Flow):
    """Arrivals that know nothing of each other."""

    def _gap(self, draws: Stream) -> int:
        return int(-math.log(1.0 - draws.random()) * _ONE)


@dataclass(frozen=True)
class Even(_Flow):
    """Arrivals at equal distances."""

    def _gap(self, draws: Stream) -> int:
        return _ONE


@dataclass(frozen=True)
class Recorded:
    """Arrivals as they were recorded: milliseconds after the start; again every so often if told so."""

    offsets_ms: Sequence[int]
    every_ms: int = 0

    def __post_init__(self) -> None:
        if any(later < earlier for earlier, later in pairwise(self.offsets_ms)):
            raise ValueError("recorded arrivals are in order of time")
        if self.every_ms and self.offsets_ms and self.offsets_ms[-1] > self.every_ms:
            raise ValueError("a recording that repeats must fit in its period")

    def times(self, draws: Stream, start_ms: int) -> Iterator[int]:
        """The recorded times from a start."""
        while self.offsets_ms:
            for offset_ms in self.offsets_ms:
                yield start_ms + offset_ms
            if not self.every_ms:
                return
            start_ms += self.every_ms
