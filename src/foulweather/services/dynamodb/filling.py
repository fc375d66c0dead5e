"""Partitions that are full: each holds 10 GB, and is split when it is found to hold more.

"DynamoDB allocates additional partitions to a table [...] if an existing partition fills to capacity and more storage
space is required": https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.Partitions.html

Nobody counts until a partition can be full: `room_bytes` is what may still be written before anybody has to look, and
looking tells it anew. An item collection stays in one partition here, however large; AWS may divide it by its sort key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from foulweather.services.dynamodb import limits, packing
from foulweather.services.dynamodb.partitions import SPREAD_BITS, Partition, Partitions, spread_number, spread_text

if TYPE_CHECKING:
    from foulweather.services.dynamodb.indexes import LiveIndex
    from foulweather.services.dynamodb.live import LiveTable

PLACE = 8
Sizes = Callable[[], Iterable[tuple[str, int]]]
"""What is held, in order: each item's place in the key space, and its bytes."""


def room_at_first(live: LiveTable) -> int:
    """What may be written to a table of this size, even if all of it lies in one partition."""
    return limits.PARTITION_BYTES_MAX - live.size_bytes * live.copies


def look(live: LiveTable, now_ms: int) -> None:
    """Split what is full, of the table and of its global indexes, wherever there may be no room left."""
    if live.room_bytes < 0:
        live.room_bytes = _split_full(live.meter.partitions, lambda: _sizes(live), now_ms)
    for index in live.all_indexes:
        if index.room_bytes < 0 and index.meter is not None:
            index.room_bytes = _split_full(index.meter.partitions, _entries_of(live, index), now_ms)


def gather_anew(live: LiveTable, now_ms: int) -> None:
    """Heed that rows were put beside the way of writes: a restore, an import, a replica that was filled."""
    live.order = None
    live.room_bytes = room_at_first(live)
    for index in live.all_indexes:
        index.entries = None
        index.room_bytes = live.room_bytes
    look(live, now_ms)


def _sizes(live: LiveTable) -> Iterable[tuple[str, int]]:
    """The items with their copies in local indexes, which lie beside them."""
    begin, end = len(live.prefix), len(live.prefix) + PLACE
    locals_ = [index for index in live.all_indexes if not index.is_global]
    for key in live.sorted_keys():
        row = live.items[key]
        size = packing.size_of(row)
        if locals_:
            item = packing.unpacked(row)
            size += sum(index.size_in(item, size) for index in locals_ if index.place_of(item) is not None)
        yield key[begin:end], size


def _entries_of(live: LiveTable, index: LiveIndex) -> Sizes:
    def sizes() -> Iterable[tuple[str, int]]:
        for place, key in live.entries(index):
            row = live.items[key]
            size = packing.size_of(row)
            yield place[:PLACE], size if index.projected is None else index.size_in(packing.unpacked(row), size)

    return sizes


def _split_full(partitions: Partitions, sizes: Sizes, now_ms: int) -> int:
    """Halve partitions until none is full that can be halved; what may be written before the next look."""
    while True:
        held = _held(partitions, sizes)
        cuts: list[tuple[Partition, int]] = []
        fullest = 0
        for partition, bytes_held in zip(partitions.all, held, strict=True):
            at = None
            if bytes_held > limits.PARTITION_BYTES_MAX:
                at = _half(partitions, partition, bytes_held, sizes)
            if at is not None:
                cuts.append((partition, at))
            elif bytes_held <= limits.PARTITION_BYTES_MAX:
                fullest = max(fullest, bytes_held)
        if not cuts:
            # One that is nearly full would be looked at again and again.
            return max(limits.PARTITION_BYTES_MAX - fullest, limits.PARTITION_BYTES_MAX >> 6)
        for partition, at in cuts:
            partitions.split(partition, at, now_ms)
        partitions.on_split(partitions.lows())


def _held(partitions: Partitions, sizes: Sizes) -> list[int]:
    """The bytes in each partition."""
    ends = [*(spread_text(low) for low in partitions.lows()[1:]), None]
    held = [0] * len(ends)
    at = 0
    for place, size in sizes():
        while (end := ends[at]) is not None and place >= end:
            at += 1
        held[at] += size
    return held


def _half(partitions: Partitions, partition: Partition, bytes_held: int, sizes: Sizes) -> int | None:
    """The border between two partition keys that halves a partition best; None when it holds only one."""
    low, end = spread_text(partition.low), partitions.end_of(partition)
    best: int | None = None
    best_off = bytes_held
    passed, last = 0, ""
    for place, size in sizes():
        if place < low or (end < 1 << SPREAD_BITS and place >= spread_text(end)):
            continue
        if last and place != last:
            off = abs(bytes_held - 2 * passed)
            if off < best_off:
                best, best_off = spread_number(place), off
        passed, last = passed + size, place
    return best
