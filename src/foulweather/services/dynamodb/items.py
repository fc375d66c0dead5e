"""One item: put, got, updated, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import packing, refusals
from foulweather.services.dynamodb.capacity import Spent, consumed, read_milli
from foulweather.services.dynamodb.language import expressions, legacy
from foulweather.services.dynamodb.language.accept import accepted
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.sizes import ITEM_BYTES_MAX, TOO_LARGE
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.limits import checked_table_name
from foulweather.services.dynamodb.parameters import (
    accepted_key,
    attributes_to_get,
    check_returns,
    condition_failed,
    condition_of,
    placeholders_of,
    required,
)
from foulweather.services.dynamodb.state import located
from foulweather.services.dynamodb.throughput import refusal
from foulweather.services.dynamodb.updating import apply_update, update_of
from foulweather.services.dynamodb.writing import (
    Change,
    admit,
    collection_metrics,
    make,
    needs_old,
    old_item,
    plan,
    seen,
    shown,
    spend,
)

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        DeleteItemInput,
        DeleteItemOutput,
        GetItemInput,
        GetItemOutput,
        PutItemInput,
        PutItemOutput,
        UpdateItemInput,
        UpdateItemOutput,
    )

OLD_OR_NONE = "ReturnValues can only be ALL_OLD or NONE"


@refusals.in_words
def put_item(call: Call, request: PutItemInput) -> PutItemOutput:
    """Put a whole item in the place of its key."""
    required(request, "TableName", "Item")
    checked_table_name(request["TableName"])
    check_returns(request)
    legacy.refuse_mixing(request, ("ConditionExpression",))
    item, size = accepted(request["Item"])  # type: ignore[arg-type]
    returns_old = _returns_old(request)
    if size > ITEM_BYTES_MAX:
        raise refusals.validation(TOO_LARGE)
    placeholders = placeholders_of(request)
    condition = condition_of(request, placeholders)
    placeholders.refuse_unused()
    live = located(call, request["TableName"])
    key, group = live.checked_item(item)
    admit(call, live, group, item)
    old = old_item(live, key) if condition is not None or returns_old or needs_old(live) else None
    change = Change(live, key, group, old, item, size)
    if condition is not None and not condition.holds(old):
        raise condition_failed(call, live, condition, old, request, change)
    return _made(call, request, change, old if returns_old else None)


@refusals.in_words
def delete_item(call: Call, request: DeleteItemInput) -> DeleteItemOutput:
    """Delete the item of a key, if there is one."""
    required(request, "TableName", "Key")
    checked_table_name(request["TableName"])
    check_returns(request)
    legacy.refuse_mixing(request, ("ConditionExpression",))
    key_item = accepted_key(request["Key"])  # type: ignore[arg-type]
    returns_old = _returns_old(request)
    placeholders = placeholders_of(request)
    condition = condition_of(request, placeholders)
    placeholders.refuse_unused()
    live = located(call, request["TableName"])
    key, group = live.checked_key(key_item)
    admit(call, live, group, key_item)
    old = old_item(live, key) if condition is not None or returns_old or needs_old(live) else None
    change = Change(live, key, group, old, None, 0)
    if condition is not None and not condition.holds(old):
        raise condition_failed(call, live, condition, old, request, change)
    return _made(call, request, change, old if returns_old else None, key_item)


@refusals.in_words
def update_item(call: Call, request: UpdateItemInput) -> UpdateItemOutput:
    """Change attributes of an item, which is made if it is not there."""
    required(request, "TableName", "Key")
    checked_table_name(request["TableName"])
    check_returns(request)
    legacy.refuse_mixing(request, ("UpdateExpression", "ConditionExpression"))
    key_item = accepted_key(request["Key"])  # type: ignore[arg-type]
    placeholders = placeholders_of(request)
    update = update_of(request, placeholders)
    condition = condition_of(request, placeholders)
    placeholders.refuse_unused()
    live = located(call, request["TableName"])
    key, group = live.checked_key(key_item)
    update.refuse_key(live.key_names)
    admit(call, live, group, key_item)
    old = old_item(live, key)
    change = Change(live, key, group, old, None, 0)
    if condition is not None and not condition.holds(old):
        raise condition_failed(call, live, condition, old, request, change)
    apply_update(change, update, key_item)
    wanted = request.get("ReturnValues", "NONE")
    returned: Item | None = None
    if wanted == "ALL_OLD":
        returned = old
    elif wanted == "ALL_NEW":
        returned = change.new
    elif wanted == "UPDATED_OLD":
        returned = update.old(old) if old is not None else None
    elif wanted == "UPDATED_NEW" and change.new is not None:
        returned = update.new(change.new)
    return _made(call, request, change, returned or None, key_item)


def _returns_old(request: Mapping[str, Any]) -> bool:
    wanted = request.get("ReturnValues", "NONE")
    if wanted not in ("NONE", "ALL_OLD"):
        raise refusals.validation(OLD_OR_NONE)
    return wanted == "ALL_OLD"


def _made(
    call: Call, request: Mapping[str, Any], change: Change, returned: Item | None, key_item: Item | None = None
) -> Any:
    """Make a change whose condition holds, and tell what was asked for."""
    live = change.live
    if live.all_indexes:
        plan(call, change)
    spent = Spent(live, "write")
    spend(call, change, spent)
    make(call, change)
    spent.happened(call, **seen(live, key_item or change.new or {}))
    result: dict[str, Any] = {}
    if returned is not None:
        result["Attributes"] = returned
    told = consumed(request.get("ReturnConsumedCapacity"), spent)
    if told is not None:
        result["ConsumedCapacity"] = told
    if live.has_local and request.get("ReturnItemCollectionMetrics") == "SIZE":
        result["ItemCollectionMetrics"] = collection_metrics(change, key_item or change.new or {})
    return result


@refusals.in_words
def get_item(call: Call, request: GetItemInput) -> GetItemOutput:
    """The item of a key."""
    required(request, "TableName", "Key")
    checked_table_name(request["TableName"])
    check_returns(request)
    legacy.refuse_mixing(request)
    key_item = accepted_key(request["Key"])  # type: ignore[arg-type]
    projection = _projection(request)
    live = located(call, request["TableName"])
    key, group = live.checked_key(key_item)
    limit = live.meter.admits("read", group, call.now)
    if limit is not None:
        raise refusal(call, live.meter, "read", group, shown(key_item, live.hash_name), limit)
    row = live.items.get(key)
    size = 0 if row is None else packing.size_of(row)
    spent = Spent(live, "read", read_milli(size, is_consistent=bool(request.get("ConsistentRead"))))
    live.meter.spend("read", group, spent.table_milli, call.now)
    spent.happened(call, returned=0 if row is None else 1, bytes=size, **seen(live, key_item))
    result: dict[str, Any] = {}
    if row is not None:
        item = packing.unpacked(row)
        result["Item"] = item if projection is None else projection.of(item)
    told = consumed(request.get("ReturnConsumedCapacity"), spent)
    if told is not None:
        result["ConsumedCapacity"] = told
    return result  # type: ignore[return-value]


def _projection(request: Mapping[str, Any]) -> Projection | None:
    """What of an item is asked for, in either way of saying it."""
    text, names = request.get("ProjectionExpression"), request.get("AttributesToGet")
    if text is not None:
        placeholders = Placeholders(request.get("ExpressionAttributeNames"), None)
        found = expressions.projection(text, placeholders)
        placeholders.refuse_unused()
        return found
    return attributes_to_get(names)
