"""Statements on single items, carried out as the operations on items are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import packing, refusals
from foulweather.services.dynamodb.capacity import Spent, read_milli
from foulweather.services.dynamodb.language import expressions, partiql
from foulweather.services.dynamodb.language.conditions import Condition
from foulweather.services.dynamodb.language.partiql_keys import single_key
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.sizes import ITEM_BYTES_MAX, TOO_LARGE, item_size
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.parameters import condition_failed
from foulweather.services.dynamodb.state import located
from foulweather.services.dynamodb.throughput import refusal
from foulweather.services.dynamodb.transacting import Write
from foulweather.services.dynamodb.updating import apply_update
from foulweather.services.dynamodb.writing import Change, admit, make, old_item, plan, shown, spend

DUPLICATE = "Duplicate primary key exists in table"
BATCH_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "RequestLimitExceeded": "RequestLimitExceeded",
    "ValidationException": "ValidationError",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ThrottlingException": "ThrottlingError",
    "ResourceNotFoundException": "ResourceNotFound",
    "DuplicateItemException": "DuplicateItem",
}


class Outcome(NamedTuple):
    """What a statement gave back, and what it used."""

    items: list[Item]
    spent: list[Spent]


def carried_out(
    call: Call, request: Mapping[str, Any], statement: partiql.Insert | partiql.UpdateStatement | partiql.Delete
) -> Outcome:
    """Write one item."""
    live = located(call, statement.table)
    if isinstance(statement, partiql.Insert):
        if statement.size > ITEM_BYTES_MAX:
            raise refusals.validation(TOO_LARGE)
        key, group = live.checked_item(statement.item)
        admit(call, live, group, statement.item)
        if key in live.items:
            raise AwsError("DuplicateItemException", DUPLICATE)
        return _made(call, Change(live, key, group, None, statement.item, statement.size), [])
    key_item = single_key(statement.where, live.row.schema)
    key, group = live.checked_key(key_item)
    if isinstance(statement, partiql.UpdateStatement):
        statement.update.refuse_key(live.key_names)
    admit(call, live, group, key_item)
    old = old_item(live, key)
    change = Change(live, key, group, old, None, 0)
    # Deleting what is not there succeeds; updating it does not: WHERE does not hold of it.
    needs_item = old is not None or isinstance(statement, partiql.UpdateStatement)
    if needs_item and not statement.where.holds(old):
        raise condition_failed(call, live, statement.where, old, request, change)
    returned: Item | None = None
    if isinstance(statement, partiql.UpdateStatement):
        apply_update(change, statement.update, key_item)
        if statement.returning == "ALL_NEW":
            returned = change.new
        elif statement.returning == "UPDATED_NEW" and change.new is not None:
            returned = statement.update.new(change.new)
        elif statement.returning == "UPDATED_OLD" and old is not None:
            returned = statement.update.old(old)
    if statement.returning == "ALL_OLD":
        returned = old
    return _made(call, change, [returned] if returned else [])


def _made(call: Call, change: Change, items: list[Item]) -> Outcome:
    plan(call, change)
    spent = Spent(change.live, "write")
    spend(call, change, spent)
    make(call, change)
    spent.happened(call)
    return Outcome(items, [spent])


def read_alone(call: Call, request: Mapping[str, Any], statement: partiql.Select, times: int = 1) -> Outcome:
    """Read the one item that a SELECT names by its whole key, as batches and transactions do."""
    live = located(call, statement.table)
    if statement.where is None or statement.index is not None:
        raise refusals.validation(
            "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
        )
    key_item = single_key(statement.where, live.row.schema)
    key, group = live.checked_key(key_item)
    limit = live.meter.admits("read", group, call.now)
    if limit is not None:
        raise refusal(call, live.meter, "read", group, shown(key_item, live.hash_name), limit)
    row = live.items.get(key)
    size = 0 if row is None else packing.size_of(row)
    spent = Spent(live, "read", times * read_milli(size, is_consistent=bool(request.get("ConsistentRead"))))
    live.meter.spend("read", group, spent.table_milli, call.now)
    items: list[Item] = []
    if row is not None:
        item = packing.unpacked(row)
        if statement.where.holds(item):
            items.append(item if statement.projection is None else statement.projection.of(item))
    spent.happened(call, returned=len(items), bytes=size)
    return Outcome(items, [spent])


def partiql_write(call: Call, request: Mapping[str, Any], statement: Any) -> Write:
    """A statement as a part of a transaction."""
    returns_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    table: str = statement.select.table if isinstance(statement, partiql.Exists) else statement.table
    live = located(call, table)
    if isinstance(statement, partiql.Insert):
        condition = _absent(live)
        return Write("Put", table, statement.item, statement.size, condition, None, returns_old, "DuplicateItem")
    where: Condition | None = statement.select.where if isinstance(statement, partiql.Exists) else statement.where
    if where is None:
        raise refusals.validation("EXISTS must name one item by its whole key")
    key_item = single_key(where, live.row.schema)
    size = item_size(key_item)
    if isinstance(statement, partiql.Exists):
        return Write("ConditionCheck", table, key_item, size, where, None, returns_old)
    if isinstance(statement, partiql.Delete):
        return Write("Delete", table, key_item, size, where, None, returns_old)
    return Write("Update", table, key_item, size, where, statement.update, returns_old)


def _absent(live: LiveTable) -> Condition:
    return expressions.condition("attribute_not_exists(#key)", Placeholders({"#key": live.hash_name}, None))
