"""SELECT statements: which partitions they read, page by page."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import refusals
from foulweather.services.dynamodb.indexes import LiveIndex
from foulweather.services.dynamodb.language import partiql
from foulweather.services.dynamodb.language.key_conditions import KeyCondition
from foulweather.services.dynamodb.language.partiql_keys import key_plan
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.pages import Wanted, read_page
from foulweather.services.dynamodb.partitions import SPREAD_BITS
from foulweather.services.dynamodb.ranges import range_of, scan_range
from foulweather.services.dynamodb.state import located

BAD_TOKEN = "Given NextToken is invalid"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, dict[str, dict[str, Any]]]).decode


def selected_page(call: Call, request: Mapping[str, Any], statement: partiql.Select) -> dict[str, Any]:
    """One page of a SELECT."""
    live = located(call, statement.table)
    index = index_of(live, statement, is_consistent=bool(request.get("ConsistentRead")))
    schema = live.row.schema if index is None else live.row.schema_of(index.row)
    plans = key_plan(statement.where, schema)
    is_forward = _order(statement, live, index, plans)
    if plans is not None and statement.order and statement.order[0][0] in schema.hash_names:
        plans = tuple(sorted(plans, key=lambda plan: plan.hash_key, reverse=statement.order[0][1]))
    place, start = _begin(request.get("NextToken"))
    wanted = Wanted(
        condition=statement.where,
        projection=statement.projection,
        limit=request.get("Limit"),
        is_consistent=bool(request.get("ConsistentRead")),
        consumed=request.get("ReturnConsumedCapacity"),
    )
    items: list[Item] = []
    told: dict[str, Any] | None = None
    token: str | None = None
    while place < (1 if plans is None else len(plans)):
        if plans is None:
            run = scan_range(live, index, 0, 1 << SPREAD_BITS, start, {})
            page = read_page(call, live, index, run, wanted, "\0" * 8, "(scan)")
        else:
            run, group = range_of(live, index, plans[place], start, is_forward=is_forward)
            page = read_page(call, live, index, run, wanted, group, _shown(plans[place]))
        items += page["Items"]
        told = page.get("ConsumedCapacity") if told is None else _added(told, page.get("ConsumedCapacity"))
        if (last := page.get("LastEvaluatedKey")) is not None:
            token = base64.b64encode(_encode((place, last))).decode()
            break
        place, start = place + 1, None
        if wanted.limit is not None:
            left = wanted.limit - page["ScannedCount"]
            if left <= 0:
                break
            wanted = wanted._replace(limit=left)
    result: dict[str, Any] = {"Items": items}
    if token is not None:
        result["NextToken"] = token
        result["LastEvaluatedKey"] = last  # pyright: ignore[reportPossiblyUnboundVariable]
    if told is not None:
        result["ConsumedCapacity"] = told
    return result


def index_of(live: LiveTable, statement: partiql.Select, *, is_consistent: bool) -> LiveIndex | None:
    """The index that a SELECT reads."""
    if statement.index is None:
        return None
    index = live.indexes.get(statement.index)
    if index is None:
        raise refusals.validation(f"The table does not have the specified index: {statement.index}")
    if is_consistent and index.is_global:
        raise refusals.validation("Consistent reads are not supported on global secondary indexes")
    if index.row.status == "CREATING":
        raise refusals.validation(f"Cannot read from backfilling global secondary index: {index.name}")
    return index


def _order(
    statement: partiql.Select, live: LiveTable, index: LiveIndex | None, plans: Sequence[KeyCondition] | None
) -> bool:
    """Whether items come in the order of the sort key; ORDER BY takes key attributes and needs a partition key."""
    if not statement.order:
        return True
    hashes = (live.hash_name,) if index is None else index.hash_names
    sorts = ((live.sort_name,) if live.sort_name else ()) if index is None else index.sort_names
    for name, _ in statement.order:
        if name not in (*hashes, *sorts):
            raise refusals.validation(f"Variable reference {name} in ORDER BY clause must be part of the primary key")
    if plans is None:
        raise refusals.validation(
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
        )
    return not any(is_descending for name, is_descending in statement.order if name in sorts)


def _begin(token: str | None) -> tuple[int, Item | None]:
    if token is None:
        return 0, None
    try:
        return _decode(base64.b64decode(token, validate=True))
    except (ValueError, msgspec.DecodeError):
        raise refusals.validation(BAD_TOKEN) from None


def _shown(plan: KeyCondition) -> str:
    return str(next(iter(plan.hash_values[0].values())))


def _added(one: dict[str, Any], other: dict[str, Any] | None) -> dict[str, Any]:
    """Two pages' consumed capacity together."""
    if other is None:
        return one
    total = dict(one)
    for name, value in other.items():
        if isinstance(value, float):
            total[name] = total.get(name, 0.0) + value
        elif isinstance(value, dict):
            total[name] = _added(total.get(name) or {}, value)  # pyright: ignore[reportUnknownArgumentType]
    return total
