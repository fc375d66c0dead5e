"""One page of a Query or a Scan: a run of keys read in order, up to 1 MB or a limit, filtered afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import limits, packing
from foulweather.services.dynamodb.capacity import Spent, consumed, read_milli
from foulweather.services.dynamodb.indexes import LiveIndex
from foulweather.services.dynamodb.language.conditions import Condition
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.throughput import refusal

Place = str | tuple[str, ...]
"""A place in a table (a row key) or in an index (an entry)."""


class Range(NamedTuple):
    """A run of keys: from `low` to before `high` (None: to the end); `after` is where the last page ended."""

    low: Place
    high: Place | None
    after: Place | None = None
    is_forward: bool = True


class Wanted(NamedTuple):
    """What of the items read is returned."""

    condition: Condition | None = None
    projection: Projection | None = None
    limit: int | None = None
    only_count: bool = False
    all_attributes: bool = False
    is_consistent: bool = False
    consumed: str | None = None


def keys_in(live: LiveTable, index: LiveIndex | None, run: Range) -> Iterator[Any]:
    """The places of a run, in its order."""
    ordered: Any = live.sorted_keys() if index is None else live.entries(index)
    low, high, with_low = run.low, run.high, True
    if run.after is not None:
        if run.is_forward:
            low, with_low = run.after, False
        else:
            high = run.after
    return ordered.irange(low, high, (with_low, False), reverse=not run.is_forward)


def read_page(
    call: Call, live: LiveTable, index: LiveIndex | None, run: Range, wanted: Wanted, group: str, key: str
) -> dict[str, Any]:
    """Read a page and pay for it: for what was read, whatever the filter and the projection leave of it."""
    meter = live.meter if index is None or index.meter is None else index.meter
    limit = meter.admits("read", group, call.now)
    if limit is not None:
        raise refusal(call, meter, "read", group, key, limit)
    page = _Page(live, index, wanted)
    last = page.fill(keys_in(live, index, run))
    spent = Spent(live, "read")
    milli = read_milli(page.bytes, is_consistent=wanted.is_consistent)
    if index is None:
        spent.table_milli = milli
    else:
        spent.add_index(index.name, milli, is_global=index.is_global)
        spent.table_milli = page.fetched_milli
    meter.spend("read", group, milli + (page.fetched_milli if index is not None else 0), call.now)
    spent.happened(call, returned=page.count, bytes=page.bytes, **({"key": key} if live.row.insights else {}))
    result: dict[str, Any] = {"Count": page.count, "ScannedCount": page.scanned}
    if not wanted.only_count:
        result["Items"] = page.items
    if last is not None:
        result["LastEvaluatedKey"] = key_at(live, index, last)
    told = consumed(wanted.consumed, spent)
    if told is not None:
        result["ConsumedCapacity"] = told
    return result


def key_at(live: LiveTable, index: LiveIndex | None, row_key: str) -> Item:
    """The key of an item, with that of the index: what LastEvaluatedKey tells."""
    item = packing.unpacked(live.items[row_key])
    names = live.key_names if index is None else (*live.key_names, *index.row.key_names)
    return {name: item[name] for name in names}


class _Page:
    """What has been read so far."""

    def __init__(self, live: LiveTable, index: LiveIndex | None, wanted: Wanted) -> None:
        self.live, self.index, self.wanted = live, index, wanted
        self.items: list[Item] = []
        self.count = self.scanned = self.bytes = self.fetched_milli = 0
        self.fetches = index is not None and not index.is_global and self._needs_more(index)

    def _needs_more(self, index: LiveIndex) -> bool:
        """Whether attributes are wanted that a local index does not hold: then each item is fetched from the table.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ThroughputConsiderations.Reads
        """
        projected = index.projected
        if projected is None:
            return False
        if self.wanted.all_attributes:
            return True
        paths = [*(self.wanted.projection.paths if self.wanted.projection is not None else ())]
        return any(path[0] not in projected for path in paths)

    def fill(self, places: Iterator[Any]) -> str | None:
        """Read until the page is full; the last key read when there may be more."""
        wanted, index = self.wanted, self.index
        rows = self.live.items
        condition, projection = wanted.condition, wanted.projection
        limit = wanted.limit or -1
        only_count = wanted.only_count and condition is None and (index is None or index.projected is None)
        unpacked, size_of, bytes_max = packing.unpacked, packing.size_of, limits.PAGE_BYTES_MAX
        for place in places:
            key = cast("str", place if index is None else place[1])
            row = rows[key]
            size = size_of(row)
            self.scanned += 1
            if only_count:
                self.bytes += size
                self.count += 1
            else:
                item = unpacked(row)
                if index is not None and index.projected is not None:
                    whole = item
                    item = index.project(whole)
                    if self.fetches:
                        self.fetched_milli += read_milli(size, is_consistent=wanted.is_consistent)
                        size, item = index.size_in(whole, size), whole
                    else:
                        size = index.size_in(whole, size)
                self.bytes += size
                if condition is None or condition.holds(item):
                    self.count += 1
                    if not wanted.only_count:
                        self.items.append(item if projection is None else projection.of(item))
            if self.scanned == limit or self.bytes >= bytes_max:
                return key
        return None
