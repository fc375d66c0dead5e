"""Partitions: ranges of the key space, each with 3,000 read and 1,000 write units a second, and the heat of their keys.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from foulweather.services.dynamodb import limits

SPREAD_BITS = 64
MINUTE_MS = 60_000
KEYS_WATCHED_MAX = 5_000
KEYS_COUNTED_MAX = 4 * KEYS_WATCHED_MAX
# A partition this full (in thousandths) for some minutes on end is split for heat; one of an on-demand table is split
# before it is full, so that the table takes twice its previous peak.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
HOT = 950
WARM = 500
HOT_MINUTES = 3
WARM_MINUTES = 15
# A key with this share of a partition's traffic (in thousandths) gets a partition of its own.
DOMINANT = 400
ALONE = 950


class Bucket:
    """Units that come back evenly; `level` counts thousandths, and may fall below zero by the last request."""

    __slots__ = ("at_ms", "depth_s", "level", "rate")

    def __init__(self, rate: int, depth_s: int, now_ms: int) -> None:
        self.rate = rate
        self.depth_s = depth_s
        self.level = rate * depth_s * 1000
        self.at_ms = now_ms

    def has(self, now_ms: int) -> bool:
        """Whether there is anything left."""
        if now_ms > self.at_ms:
            level = self.level + (now_ms - self.at_ms) * self.rate
            most = self.rate * self.depth_s * 1000
            self.level = level if level < most else most
            self.at_ms = now_ms
        return self.level > 0

    def change(self, rate: int, now_ms: int) -> None:
        """Refill at another rate; what was saved stays."""
        self.has(now_ms)
        self.rate = rate
        self.level = min(self.level, rate * self.depth_s * 1000)


class Heat:
    """One direction (reads or writes) of a partition: its bucket, and who used it in this minute and the last."""

    __slots__ = ("bucket", "hot_minutes", "keys", "last_keys", "last_units", "since_ms", "units", "warm_minutes")

    def __init__(self, rate: int, now_ms: int) -> None:
        self.bucket = Bucket(rate, 1, now_ms)
        self.since_ms = now_ms
        self.units = self.last_units = 0
        self.keys: dict[str, int] = {}
        self.last_keys: dict[str, int] = {}
        self.hot_minutes = self.warm_minutes = 0

    def spend(self, group: str, milli: int, now_ms: int) -> bool:
        """Use units for a key; True when a minute is over, and it is time to look whether to split."""
        self.bucket.level -= milli
        is_over = now_ms - self.since_ms >= MINUTE_MS
        if is_over:
            self.roll(now_ms)
        self.units += milli
        keys = self.keys
        keys[group] = keys.get(group, 0) + milli
        if len(keys) > KEYS_COUNTED_MAX:
            self.keys = _heaviest(keys)
        return is_over

    def roll(self, now_ms: int) -> None:
        """Close the minute."""
        elapsed_ms = now_ms - self.since_ms
        full = self.bucket.rate * elapsed_ms
        idle = elapsed_ms >= 2 * MINUTE_MS
        share = 0 if idle else self.units * 1000 // max(1, full)
        self.hot_minutes = self.hot_minutes + 1 if share >= HOT else 0
        self.warm_minutes = self.warm_minutes + 1 if share >= WARM else 0
        self.last_keys, self.last_units = ({}, 0) if idle else (self.keys, self.units)
        if len(self.last_keys) > KEYS_WATCHED_MAX:
            self.last_keys = _heaviest(self.last_keys)
        self.keys, self.units, self.since_ms = {}, 0, now_ms

    def seen(self) -> tuple[dict[str, int], int]:
        """Units by key in this minute and the last, and their sum."""
        if not self.last_keys:
            return self.keys, self.units
        merged = dict(self.last_keys)
        for group, milli in self.keys.items():
            merged[group] = merged.get(group, 0) + milli
        return merged, self.units + self.last_units

    def share(self, group: str) -> int:
        """A key's share of the traffic, in percent."""
        keys, units = self.seen()
        return keys.get(group, 0) * 100 // units if units else 100


class Partition:
    """A range of the key space, from `low` to where the next one begins."""

    __slots__ = ("low", "read", "write")

    def __init__(self, low: int, now_ms: int) -> None:
        self.low = low
        self.read = Heat(limits.PARTITION_READ_UNITS, now_ms)
        self.write = Heat(limits.PARTITION_WRITE_UNITS, now_ms)


class Partitions:
    """All partitions of a table or of a global index, in order of the key space."""

    __slots__ = ("_asked", "_found", "_lows", "all", "on_split")

    def __init__(self, lows: Sequence[int], now_ms: int, on_split: Callable[[list[int]], None]) -> None:
        self.all = [Partition(low, now_ms) for low in lows]
        self._lows = [spread_text(low) for low in lows]
        self.on_split = on_split
        self._asked = ""
        self._found = self.all[0]

    def of(self, group: str) -> Partition:
        """The partition of a partition key (a string that begins with its place in the key space).

        A request asks at least twice for the same key: when it is admitted, and when it has used its units.
        """
        if group is self._asked:
            return self._found
        found = self.all[0] if len(self.all) == 1 else self.all[bisect_right(self._lows, group[:8]) - 1]
        self._asked, self._found = group, found
        return found

    def number(self, partition: Partition) -> int:
        """Which one it is, counted from 1."""
        return self.all.index(partition) + 1

    def lows(self) -> list[int]:
        """Where the partitions begin."""
        return [partition.low for partition in self.all]

    def grow(self, count: int, now_ms: int) -> None:
        """Split the widest partitions until there are that many; partitions are never merged."""
        if count <= len(self.all):
            return
        while len(self.all) < count:
            ends = [*self.lows()[1:], 1 << SPREAD_BITS]
            widths = [end - partition.low for end, partition in zip(ends, self.all, strict=True)]
            widest = widths.index(max(widths))
            self._cut(widest, self.all[widest].low + widths[widest] // 2, now_ms)
        self.on_split(self.lows())

    def split_for_heat(self, partition: Partition, heat: Heat, *, is_on_demand: bool, now_ms: int) -> bool:
        """Split a partition that is hot for long, so that each half gets half of the traffic, if keys allow it.

        A key that is nearly all of the traffic cannot be split: a partition of its own is the most it gets.
        """
        due = heat.hot_minutes >= HOT_MINUTES or (is_on_demand and heat.warm_minutes >= WARM_MINUTES)
        if not due:
            return False
        keys, units = heat.last_keys, heat.last_units
        if len(keys) < 2 or max(keys.values()) * 1000 >= units * ALONE:
            return False
        at = _split_point(keys, units)
        if not partition.low < at < self.end_of(partition):
            return False
        heat.hot_minutes = heat.warm_minutes = 0
        self.split(partition, at, now_ms)
        self.on_split(self.lows())
        return True

    def end_of(self, partition: Partition) -> int:
        """Where the next partition begins, or the key space ends."""
        place = self.all.index(partition) + 1
        return self.all[place].low if place < len(self.all) else 1 << SPREAD_BITS

    def split(self, partition: Partition, at: int, now_ms: int) -> None:
        """Split one; `on_split` is told afterwards by who does it."""
        self._cut(self.all.index(partition), at, now_ms)

    def _cut(self, place: int, at: int, now_ms: int) -> None:
        self.all.insert(place + 1, Partition(at, now_ms))
        self._lows.insert(place + 1, spread_text(at))
        self._asked, self._found = "", self.all[0]


def _heaviest(keys: dict[str, int]) -> dict[str, int]:
    return dict(sorted(keys.items(), key=lambda item: -item[1])[:KEYS_WATCHED_MAX])


def spread_text(place: int) -> str:
    """A place in the key space as keys begin with it."""
    return place.to_bytes(8, "big").decode("latin-1")


def spread_number(text: str) -> int:
    """The place in the key space with which a key begins."""
    return int.from_bytes(text[:8].encode("latin-1"), "big")


def even_lows(count: int) -> list[int]:
    """Where that many partitions of the same width begin."""
    return [(1 << SPREAD_BITS) * n // count for n in range(count)]


def _split_point(keys: dict[str, int], units: int) -> int:
    """Between two keys: beside the one that dominates, or else where half of the traffic is."""
    ordered = sorted(keys.items())
    group, most = max(ordered, key=lambda item: item[1])
    if most * 1000 >= units * DOMINANT:
        place = spread_number(group)
        is_first = ordered[0][0] == group
        return place + 1 if is_first else place
    # Of very many keys only some are watched: those stand for the others.
    half = sum(keys.values()) // 2
    for group, milli in ordered:
        half -= milli
        if half <= 0:
            return spread_number(group) + 1
    raise AssertionError("half of the sum is reached")
