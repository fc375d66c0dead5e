"""Time to live: items whose time has come are deleted by the clock, some while later.

"Items are typically deleted within a few days of expiration":
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html. Here every item waits for up to
half an hour, by its place in the key space, and then for the next sweep.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from foulweather.services.dynamodb import packing
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.partitions import spread_number

if TYPE_CHECKING:
    from foulweather.services.dynamodb.live import LiveTable

SWEEP_MS = 600_000
LATENESS_MS = 1_800_000
# "must be no more than five years in the past": what is older is taken for a mistake and left alone.
PAST_MAX_S = 5 * 365 * 86_400


def watch(live: LiveTable, key: str, item: Item) -> None:
    """Note when a new item may be deleted."""
    if live.expiries is None:
        return
    due_ms = _due_ms(live, key, item)
    if due_ms is not None:
        heappush(live.expiries, (due_ms, key))


def due(live: LiveTable, now_ms: int, most: int) -> list[str]:
    """Keys of items whose time has come; each is looked at anew, since it may have changed."""
    heap = live.expiries
    if heap is None:
        heap = live.expiries = []
        for key in live.sorted_keys():
            due_ms = _due_ms(live, key, packing.unpacked(live.items[key]))
            if due_ms is not None:
                heap.append((due_ms, key))
        heapify(heap)
    found: dict[str, None] = {}
    while heap and heap[0][0] <= now_ms and len(found) < most:
        _, key = heappop(heap)
        row = live.items.get(key)
        if row is None:
            continue
        item = packing.unpacked(row)
        due_ms = _due_ms(live, key, item)
        if due_ms is not None and due_ms <= now_ms and due_ms > now_ms - PAST_MAX_S * 1000:
            found[key] = None
    return list(found)


def _due_ms(live: LiveTable, key: str, item: Item) -> int | None:
    value = item.get(live.row.ttl_attribute)
    text = value.get("N") if value else None
    if text is None:
        return None
    seconds = text.partition(".")[0]
    if len(seconds) > 15 or not seconds.lstrip("-").isdigit():
        return None
    lateness = spread_number(key[len(live.prefix) :]) % LATENESS_MS
    return int(seconds) * 1000 + lateness
