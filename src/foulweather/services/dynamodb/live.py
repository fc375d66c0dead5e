"""A table at work: its items in order, its indexes, its throughput; all of it derived from rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sortedcontainers import SortedList

from foulweather.kernel.service import Resource
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.dynamodb import filling, limits, packing, refusals
from foulweather.services.dynamodb.indexes import Entry, LiveIndex
from foulweather.services.dynamodb.language.keys import encoded, hash_key
from foulweather.services.dynamodb.language.sizes import text_size
from foulweather.services.dynamodb.language.values import AttributeValue, Item, type_of
from foulweather.services.dynamodb.partitions import Partitions, even_lows
from foulweather.services.dynamodb.records import Index, TableRow
from foulweather.services.dynamodb.standing import Grown
from foulweather.services.dynamodb.throughput import Meter, wanted

if TYPE_CHECKING:
    from foulweather.services.dynamodb.state import DynamoState

# A key's content of no more than this (characters or bytes) is within every bound, unless it is empty.
ORDINARY = 255
EMPTY_KEY = (
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
    "empty {} value. Key: {}"
)


class LiveTable:
    """A table with what is derived from its rows.

    An item's key is the table's number, the place of its partition key in the key space, the partition
    key, and the sort key: so that the order of keys is the order in which a Scan meets the items.
    """

    def __init__(self, state: DynamoState, row: TableRow, now_ms: int, count: int = 0, size_bytes: int = 0) -> None:
        self.state = state
        self.items = state.items
        self.row = row
        self.prefix = row.number
        self.count = count
        self.size_bytes = size_bytes
        self.copies = 1 + sum(not index.is_global for index in row.indexes)
        self.room_bytes = filling.room_at_first(self)
        self.grown = Grown()
        self.order: SortedList[str] | None = SortedList() if count == 0 else None
        self.meter = self._meter(None, now_ms)
        self.indexes: dict[str, LiveIndex] = {}
        self.policy: Held | None = None
        self._resource = Resource(row.arn, row.account)
        self.expiries: list[tuple[int, str]] | None = None
        self.openers: dict[str, int] = {}
        self.configured(now_ms)

    def configured(self, now_ms: int) -> None:
        """Heed a change of the table's row: its indexes, its policy, its throughput."""
        row = self.row
        self.hash_name, self.sort_name = row.hash_name, row.sort_name
        self.hash_type = row.types[row.hash_name]
        self.sort_type = row.types[row.sort_name] if row.sort_name else ""
        self.arn = row.arn
        self.key_names = row.key_names
        kept, self.indexes = self.indexes, {}
        for index in row.indexes:
            live = kept.get(index.name)
            if live is None:
                live = LiveIndex(index, row, self._meter(index, now_ms) if index.is_global else None)
                live.room_bytes = filling.room_at_first(self)
                if not self.count:
                    live.entries = SortedList()
            elif live.meter is not None:
                live.meter.configured(now_ms)
            live.row = index
            live.types = row.types
            self.indexes[index.name] = live
        self.all_indexes = tuple(self.indexes.values())
        self.has_local = any(not index.is_global for index in row.indexes)
        self.meter.configured(now_ms)
        if row.policy:
            if self.policy is None or self.policy.policy.text != row.policy:
                self.policy = Held(source=row.arn, kind="resource", policy=parse(row.policy, "resource"))
        else:
            self.policy = None

    def resource(self) -> Resource:
        """The table as policies see it."""
        found = self._resource
        if found.policy is not self.policy or found.tags is not self.row.tags:
            found = self._resource = Resource(self.arn, self.row.account, self.policy, self.row.tags)
        return found

    def _meter(self, index: Index | None, now_ms: int) -> Meter:
        row = self.row
        holder = row if index is None else index
        name = row.number if index is None else f"{row.number}/{index.name}"
        lows = self.state.layout(name) or even_lows(wanted(row.is_on_demand, holder.provisioned, holder.warm))
        partitions = Partitions(lows, now_ms, lambda lows: self.state.laid_out(self, name, lows))
        return Meter(row, index, partitions, now_ms)

    # --- keys

    def group_of(self, value: AttributeValue) -> str:
        """A partition key with its place in the key space."""
        return packing.group(hash_key(value))

    def key_of(self, item: Item) -> tuple[str, str]:
        """The row key of an item that has a valid primary key, and its partition key's part of it."""
        group = packing.group(hash_key(item[self.hash_name]))
        if self.sort_name:
            return self.prefix + group + packing.text(encoded(item[self.sort_name])), group
        return self.prefix + group, group

    def checked_key(self, key: Item) -> tuple[str, str]:
        """The row key of a request's Key, which has the key attributes and nothing else."""
        hashed = key.get(self.hash_name)
        if hashed is None or self.hash_type not in hashed:
            raise refusals.key_mismatch(self.arn, self.key_names, key)
        if self.sort_name:
            sort = key.get(self.sort_name)
            if sort is None or self.sort_type not in sort or len(key) != 2:
                raise refusals.key_mismatch(self.arn, self.key_names, key)
            content = sort[self.sort_type]
            if not 0 < len(content) <= ORDINARY:
                _check_content(self.sort_name, self.sort_type, content, is_hash=False)
        elif len(key) != 1:
            raise refusals.key_mismatch(self.arn, self.key_names, key)
        content = hashed[self.hash_type]
        if not 0 < len(content) <= ORDINARY:
            _check_content(self.hash_name, self.hash_type, content, is_hash=True)
        return self.key_of(key)

    def checked_item(self, item: Item) -> tuple[str, str]:
        """The row key of a whole item, whose key attributes and index keys must be of their types."""
        types = self.row.types
        for name in self.key_names:
            value = item.get(name)
            if value is None:
                raise refusals.missing_key(name)
            content = value.get(types[name])
            if content is None:
                raise refusals.invalid(f"Type mismatch for key {name} expected: {types[name]} actual: {type_of(value)}")
            if not 0 < len(content) <= ORDINARY:
                _check_content(name, types[name], content, is_hash=name == self.hash_name)
        if self.all_indexes:
            self.check_index_keys(item)
        return self.key_of(item)

    def check_index_keys(self, item: Item) -> None:
        """Refuse an item whose attributes cannot be keys of the indexes that use them."""
        types = self.row.types
        for index in self.all_indexes:
            for name in index.row.key_names:
                value = item.get(name)
                if value is None or name in self.key_names:
                    continue
                if types[name] not in value:
                    raise refusals.invalid(
                        f"Type mismatch for Index Key {name} Expected: {types[name]} Actual: {type_of(value)} "
                        f"IndexName: {index.name}"
                    )
                content = value[types[name]]
                if types[name] != "N" and not content:
                    kind = "string" if types[name] == "S" else "binary"
                    raise refusals.validation(
                        "One or more parameter values are not valid. A value specified for a secondary index key is "
                        f"not supported. The AttributeValue for a key attribute cannot contain an empty {kind} value. "
                        f"IndexName: {index.name}, IndexKey: {name}"
                    )
                _check_size(types[name], content, is_hash=name in index.hash_names)

    # --- items in order

    def sorted_keys(self) -> SortedList[str]:
        """The row keys in the order of a Scan; put in order when first asked for."""
        if self.order is None:
            self.order = SortedList(key for key in self.items if key.startswith(self.prefix))
        return self.order

    def entries(self, index: LiveIndex) -> SortedList[Entry]:
        """An index's entries; gathered from all items when first asked for."""
        if index.entries is None:
            gathered: list[Entry] = []
            index.size_bytes = 0
            for key in self.sorted_keys():
                row = self.items[key]
                item = packing.unpacked(row)
                place = index.place_of(item)
                if place is not None:
                    gathered.append((place, key))
                    index.size_bytes += index.size_in(item, packing.size_of(row))
            index.entries = SortedList(gathered)
        return index.entries

    def each_key(self, group: str) -> Iterator[str]:
        """The row keys of an item collection."""
        begin = self.prefix + group
        for key in self.sorted_keys().irange(begin):
            if not key.startswith(begin):
                break
            yield key

    def collection_bytes(self, group: str) -> int:
        """The size of an item collection: its items and their copies in local indexes."""
        total = 0
        locals_ = [index for index in self.all_indexes if not index.is_global]
        for key in self.each_key(group):
            row = self.items[key]
            size = packing.size_of(row)
            item = packing.unpacked(row)
            total += size + sum(index.size_in(item, size) for index in locals_ if index.place_of(item) is not None)
        return total


def _check_content(name: str, kind: str, content: str | bytes, *, is_hash: bool) -> None:
    if kind == "N":
        return
    if not content:
        raise refusals.validation(EMPTY_KEY.format("string" if kind == "S" else "binary", name))
    _check_size(kind, content, is_hash=is_hash)


def _check_size(kind: str, content: str | bytes, *, is_hash: bool) -> None:
    size = text_size(content) if isinstance(content, str) else len(content)
    if is_hash and size > limits.HASH_KEY_BYTES_MAX:
        # The words run into the number like this in AWS's own message.
        raise refusals.invalid(
            f"Size of hashkey has exceeded the maximum size limit of{limits.HASH_KEY_BYTES_MAX} bytes"
        )
    if not is_hash and size > limits.SORT_KEY_BYTES_MAX:
        raise refusals.invalid(
            f"Aggregated size of all range keys has exceeded the size limit of {limits.SORT_KEY_BYTES_MAX} bytes"
        )
