"""A secondary index as it is derived from its table's items: ordered entries, projections, the cost of a write."""

from __future__ import annotations

from typing import NamedTuple

from sortedcontainers import SortedList

from foulweather.services.dynamodb import limits, packing
from foulweather.services.dynamodb.language.keys import hash_key, sort_key
from foulweather.services.dynamodb.language.sizes import item_size
from foulweather.services.dynamodb.language.values import AttributeValue, Item
from foulweather.services.dynamodb.records import Index, TableRow
from foulweather.services.dynamodb.throughput import Meter

Entry = tuple[str, str]
"""Where an item is in an index, and its key in the table."""


class Effect(NamedTuple):
    """What one write does to an index: the entries that go and come, and the thousandths of units that it takes."""

    on: LiveIndex
    removed: str | None
    added: str | None
    milli: int
    bytes_change: int
    bytes_added: int
    """By how much the partition that takes the write may grow."""

    @property
    def group(self) -> str:
        """The partition key whose partition has to take the write."""
        place = self.added if self.added is not None else self.removed
        assert place is not None
        return self.on.group_of(place)


class LiveIndex:
    """An index at work; `meter` is None for local indexes, which use their table's throughput."""

    def __init__(self, row: Index, table: TableRow, meter: Meter | None) -> None:
        self.row = row
        self.name = row.name
        self.is_global = row.is_global
        self.hash_names = row.hash_names
        self.sort_names = row.sort_names
        self.types = table.types
        self.meter = meter
        self.entries: SortedList[Entry] | None = None
        self.size_bytes = 0
        self.room_bytes = 0
        self.projected: frozenset[str] | None = None
        if row.projection != "ALL":
            self.projected = frozenset((*table.key_names, *row.key_names, *row.attributes))

    def place_of(self, item: Item) -> str | None:
        """Where an item is in this index; None when it lacks a key attribute (the index is sparse)."""
        hashes = _values(item, self.hash_names, self.types, limits.HASH_KEY_BYTES_MAX)
        if hashes is None:
            return None
        sorts = _values(item, self.sort_names, self.types, limits.SORT_KEY_BYTES_MAX)
        if sorts is None:
            return None
        hashed = hash_key(*hashes)
        return packing.spread(hashed) + packing.text(hashed + sort_key(*sorts))

    def group_of(self, place: str) -> str:
        """The part of a place that belongs to the partition key: the place in the key space and the key."""
        at = 8
        for _ in self.hash_names:
            at = place.index("\x00\x01", at) + 2
        return place[:at]

    def project(self, item: Item) -> Item:
        """What of an item is in the index."""
        projected = self.projected
        if projected is None:
            return item
        return {name: value for name, value in item.items() if name in projected}

    def size_in(self, item: Item, size: int) -> int:
        """The bytes of what is projected."""
        return size if self.projected is None else item_size(self.project(item))

    def effect(self, old: Item | None, old_size: int, new: Item | None, new_size: int) -> Effect | None:
        """What it takes to have an item change in this index; None when nothing changes here.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
        """
        before = self.place_of(old) if old is not None else None
        after = self.place_of(new) if new is not None else None
        if before is None and after is None:
            return None
        removed_size = self.size_in(old, old_size) if before is not None and old is not None else 0
        added_size = self.size_in(new, new_size) if after is not None and new is not None else 0
        change = added_size - removed_size
        if before == after:
            assert old is not None
            assert new is not None
            if self.project(old) == self.project(new):
                return None
            return Effect(self, before, after, _milli(max(removed_size, added_size)), change, max(0, change))
        milli = (_milli(removed_size) if before is not None else 0) + (_milli(added_size) if after is not None else 0)
        return Effect(self, before, after, milli, change, added_size)

    def apply(self, effect: Effect, key: str) -> None:
        """Change the entries."""
        if self.meter is not None:
            self.room_bytes -= effect.bytes_added
        entries = self.entries
        if entries is None:
            return
        self.size_bytes += effect.bytes_change
        if effect.removed == effect.added:
            return
        if effect.removed is not None:
            entries.remove((effect.removed, key))
        if effect.added is not None:
            entries.add((effect.added, key))


def _values(item: Item, names: tuple[str, ...], types: dict[str, str], bytes_max: int) -> list[AttributeValue] | None:
    found: list[AttributeValue] = []
    for name in names:
        value = item.get(name)
        # Items from before the index may have the attribute in another type, or too long: they are not in it.
        if value is None or types[name] not in value:
            return None
        content = value[types[name]]
        if types[name] != "N" and not 0 < len(content) <= bytes_max:
            return None
        found.append(value)
    return found


def _milli(size: int) -> int:
    """Write units (in thousandths) for that many bytes."""
    return max(1, (size + 1023) >> 10) * 1000
