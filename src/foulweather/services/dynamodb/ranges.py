"""Runs of keys: which items a key condition or a segment selects, and where a page begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.services.dynamodb import packing, refusals
from foulweather.services.dynamodb.indexes import LiveIndex
from foulweather.services.dynamodb.language.key_conditions import KeyCondition
from foulweather.services.dynamodb.language.keys import hash_key
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.pages import Place, Range
from foulweather.services.dynamodb.partitions import SPREAD_BITS, spread_text

OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"


def range_of(
    live: LiveTable, index: LiveIndex | None, key: KeyCondition, start: Item | None, *, is_forward: bool
) -> tuple[Range, str]:
    """The run of keys that a key condition selects, and its partition key."""
    group = packing.group(hash_key(*key.hash_values))
    low, high = key.bounds()
    begin = live.prefix + group if index is None else group
    first = begin + packing.text(low)
    # A partition key's bytes end in 00 01: what begins with them comes before 00 02.
    past = begin[:-1] + "\x02" if high is None else begin + packing.text(high)
    after = None if start is None else _starting_at(live, index, start, is_query=True)
    if index is None:
        run = Range(first, past, after, is_forward)
    else:
        run = Range((first,), (past,), after, is_forward)
    if after is not None:
        place = after if isinstance(after, str) else after[0]
        if not first <= place < past:
            raise refusals.validation(OUTSIDE)
    return run, group


def scan_range(
    live: LiveTable, index: LiveIndex | None, low: int, high: int, start: Item | None, request: Mapping[str, Any]
) -> Range:
    """The run of keys of a segment."""
    prefix = live.prefix if index is None else ""
    first = prefix + spread_text(low)
    past = prefix + spread_text(high) if high < 1 << SPREAD_BITS else (_after(prefix) if prefix else None)
    after = None if start is None else _starting_at(live, index, start, is_query=False)
    if after is not None:
        place = after if isinstance(after, str) else after[0]
        if place < first or (past is not None and place >= past):
            raise refusals.validation(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "
                f"correct Segment. TotalSegments: {request.get('TotalSegments')} Segment: {request.get('Segment')}"
            )
    if index is None:
        return Range(first, past, after)
    return Range((first,), None if past is None else (past,), after)


def _after(prefix: str) -> str:
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _starting_at(live: LiveTable, index: LiveIndex | None, start: Item, *, is_query: bool) -> Place:
    """Where a page that begins after an item begins; the item need not exist any more."""
    names: Sequence[str] = live.key_names if index is None else (*live.key_names, *index.row.key_names)
    wanted = set(names)
    types = live.row.types
    if set(start) != wanted and (is_query or index is not None):
        raise refusals.validation("The provided starting key is invalid")
    if set(start) != wanted or any(types[name] not in start[name] for name in wanted):
        raise refusals.validation(
            "The provided starting key is invalid: The provided key element does not match the schema"
        )
    key, _ = live.checked_key({name: start[name] for name in live.key_names})
    if index is None:
        return key
    place = index.place_of(start)
    assert place is not None
    return (place, key)
