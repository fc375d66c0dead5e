"""The way of every write: planned, admitted by the throughput, made in the table, its indexes, stream and history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import (
    expiry,
    filling,
    history,
    limits,
    packing,
    records_of_change,
    replication,
    sending,
)
from foulweather.services.dynamodb.capacity import Spent, write_milli
from foulweather.services.dynamodb.indexes import Effect
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.throughput import refusal

NO_EFFECTS: tuple[Effect, ...] = ()
COLLECTION_FULL = "Item collection size limit of 10 gigabytes exceeded."


class Change:
    """One item that a write changes: what it was (`old` is None when nobody needs to know it), and what it will be."""

    __slots__ = ("effects", "group", "key", "live", "new", "new_size", "old", "old_row", "old_size")

    def __init__(
        self, live: LiveTable, key: str, group: str, old: Item | None, new: Item | None, new_size: int
    ) -> None:
        self.live = live
        self.key = key
        self.group = group
        self.old_row = live.items.get(key)
        self.old = old
        self.old_size = packing.size_of(self.old_row) if self.old_row is not None else 0
        self.new = new
        self.new_size = new_size
        self.effects: Sequence[Effect] = NO_EFFECTS

    @property
    def milli(self) -> int:
        """The table's write units, in thousandths: of the larger of the item before and after."""
        return write_milli(self.old_size if self.old_size > self.new_size else self.new_size)


def shown(item: Item, name: str) -> str:
    """An attribute as people read it."""
    value = item.get(name)
    return str(next(iter(value.values()))) if value else "?"


def seen(live: LiveTable, item: Item) -> dict[str, str]:
    """An item's partition key, for the journal, where Contributor Insights want to know it."""
    return {"key": shown(item, live.hash_name)} if live.row.insights else {}


def needs_old(live: LiveTable) -> bool:
    """Whether whatever follows a write has to know what the item was."""
    row = live.row
    return bool(live.all_indexes or row.stream_view or row.replicas or row.kinesis)


def old_item(live: LiveTable, key: str) -> Item | None:
    """An item as it is now."""
    row = live.items.get(key)
    return None if row is None else packing.unpacked(row)


def admit(call: Call, live: LiveTable, group: str, key_item: Item) -> None:
    """Refuse a write that the table has no throughput for."""
    limit = live.meter.admits("write", group, call.now)
    if limit is not None:
        raise refusal(call, live.meter, "write", group, shown(key_item, live.hash_name), limit)


def plan(call: Call, change: Change) -> None:
    """Find out what a change does to the indexes, and refuse it when one of them pushes back."""
    live = change.live
    if live.has_local:
        _check_collection(change)
    effects: list[Effect] = []
    for index in live.all_indexes:
        effect = index.effect(change.old, change.old_size, change.new, change.new_size)
        if effect is None:
            continue
        effects.append(effect)
        if index.meter is not None:
            limit = index.meter.admits("write", effect.group, call.now)
            if limit is not None:
                shown_key = shown(change.new or change.old or {}, index.hash_names[0])
                raise refusal(call, index.meter, "write", effect.group, shown_key, limit)
    change.effects = effects


def plan_quietly(change: Change) -> None:
    """Find out what a change does to the indexes when it waits for nothing: expiry, replication, restores."""
    found = (
        index.effect(change.old, change.old_size, change.new, change.new_size) for index in change.live.all_indexes
    )
    change.effects = [effect for effect in found if effect is not None]


def _check_collection(change: Change) -> None:
    """A collection of a table with local indexes holds 10 GB; nobody counts while the whole table is smaller."""
    live = change.live
    growth = change.new_size - change.old_size
    if growth <= 0 or live.size_bytes * (1 + len(live.all_indexes)) < limits.COLLECTION_BYTES_MAX:
        return
    if live.collection_bytes(change.group) + growth > limits.COLLECTION_BYTES_MAX:
        raise AwsError("ItemCollectionSizeLimitExceededException", COLLECTION_FULL)


def spend(call: Call, change: Change, spent: Spent, times: int = 1) -> None:
    """Use what a change takes of the table's and its indexes' throughput; transactions take it twice."""
    live = change.live
    milli = change.milli * times
    spent.table_milli += milli
    for effect in change.effects:
        index = effect.on
        used = effect.milli * times
        spent.add_index(index.name, used, is_global=index.is_global)
        if index.meter is not None:
            index.meter.spend("write", effect.group, used, call.now)
        else:
            milli += used
    live.meter.spend("write", change.group, milli, call.now)


def make(call: Call, change: Change, user: str = "", *, from_replica: bool = False) -> None:
    """Make a change that was planned. `user` is who DynamoDB says deleted an item that expired."""
    live, key, new = change.live, change.key, change.new
    old_row, row = change.old_row, live.row
    if row.recovery_since_ms:
        history.remember(live, key, old_row, call.now)
    if new is None:
        if old_row is None:
            return
        live.items.delete(key)
        live.count -= 1
        if live.order is not None:
            live.order.remove(key)
    else:
        live.items.put(key, packing.packed(new, change.new_size))
        if old_row is None:
            live.count += 1
            if live.order is not None:
                live.order.add(key)
        if row.ttl_attribute:
            expiry.watch(live, key, new)
    growth = change.new_size - change.old_size
    live.size_bytes += growth
    live.grown.count(growth, (new is not None) - (old_row is not None), change.effects)
    if growth > 0:
        live.room_bytes -= growth * live.copies
    is_full = live.room_bytes < 0
    for effect in change.effects:
        effect.on.apply(effect, key)
        is_full = is_full or effect.on.room_bytes < 0
    if is_full:
        filling.look(live, call.now)
    if row.stream_view or row.replicas or row.kinesis:
        if change.old == new:
            return
        if row.stream_view:
            records_of_change.write(call, change, user)
        if row.kinesis:
            sending.send(call, change, user)
        if row.replicas and not from_replica:
            replication.send(call, change)


def collection_metrics(change: Change, key_item: Item) -> dict[str, Any]:
    """ItemCollectionMetrics of the collection that a write changed."""
    live = change.live
    gigabytes = live.collection_bytes(change.group) >> 30
    return {
        "ItemCollectionKey": {live.hash_name: key_item[live.hash_name]},
        "SizeEstimateRangeGB": [float(gigabytes), float(gigabytes + 1)],
    }
