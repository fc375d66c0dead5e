"""Transactions: up to a hundred gets or writes that happen together or not at all.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html. A transaction is atomic because
nothing else runs meanwhile: one never meets another in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import limits, packing, refusals
from foulweather.services.dynamodb.capacity import Spent, consumed_list, read_milli
from foulweather.services.dynamodb.language import expressions
from foulweather.services.dynamodb.language.accept import accepted
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.sizes import ITEM_BYTES_MAX, TOO_LARGE
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.parameters import check_returns, required
from foulweather.services.dynamodb.state import DynamoState, located
from foulweather.services.dynamodb.throughput import refusal
from foulweather.services.dynamodb.tokens import again, digest_of, remember
from foulweather.services.dynamodb.transacting import SAME_ITEM, Write, carry_out
from foulweather.services.dynamodb.writing import collection_metrics, shown

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        TransactGetItemsInput,
        TransactGetItemsOutput,
        TransactWriteItemsInput,
        TransactWriteItemsOutput,
    )

NEEDED = {
    "ConditionCheck": ("TableName", "Key", "ConditionExpression"),
    "Put": ("TableName", "Item"),
    "Delete": ("TableName", "Key"),
    "Update": ("TableName", "Key", "UpdateExpression"),
}
ONE_KIND = "TransactItems can only contain one of Check, Put, Update or Delete"


@refusals.in_words
def transact_write_items(call: Call, request: TransactWriteItemsInput) -> TransactWriteItemsOutput:
    """Make every write, or none; a client request token makes it happen once in ten minutes."""
    required(request, "TransactItems")
    check_returns(request)
    items = request["TransactItems"]
    _check_count(items, "transactItems")
    writes = [_read(each) for each in items]
    token = request.get("ClientRequestToken")
    if token is None:
        changes, all_spent = carry_out(call, writes)
    else:
        digest, state = digest_of(items), call.state(DynamoState)
        if again(call, state, token, digest) is not None:
            return _told_again(call, request, writes)  # type: ignore[return-value]
        changes, all_spent = carry_out(call, writes)
        remember(call, state, token, digest)
    result: dict[str, Any] = {}
    told = consumed_list(request.get("ReturnConsumedCapacity"), all_spent, in_transaction=True)
    if told:
        result["ConsumedCapacity"] = told
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        metrics: dict[str, list[Any]] = {}
        for write, change in zip(writes, changes, strict=True):
            if change.live.has_local:
                told_of = collection_metrics(change, write.item)
                metrics.setdefault(change.live.row.name, []).append(told_of)
        if metrics:
            result["ItemCollectionMetrics"] = metrics
    return result  # type: ignore[return-value]


def _check_count(items: Sequence[Any], path: str) -> None:
    if not items:
        raise refusals.detected(refusals.constraint(path, "[]", "Member must have length greater than or equal to 1"))
    if len(items) > limits.TRANSACTION_ITEMS_MAX:
        raise refusals.detected(
            refusals.constraint(
                path, "[...]", f"Member must have length less than or equal to {limits.TRANSACTION_ITEMS_MAX}"
            )
        )


def _read(given: Mapping[str, Any]) -> Write:
    kinds = [kind for kind, part in given.items() if part is not None]
    if len(kinds) != 1 or kinds[0] not in NEEDED:
        raise refusals.validation(ONE_KIND)
    kind = kinds[0]
    part: Mapping[str, Any] = given[kind]
    needed = NEEDED[kind]
    member = needed[1]
    required(part, *needed)
    limits.checked_table_name(part["TableName"])
    check_returns(part)
    item, size = accepted(part[member])
    if kind == "Put" and size > ITEM_BYTES_MAX:
        raise refusals.validation(TOO_LARGE)
    on_failure = part.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    if part.get("ConditionExpression") is None and part.get("UpdateExpression") is None:
        for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            if part.get(name) is not None:
                raise refusals.validation(f"{name} can only be specified when using expressions")
        return Write(kind, part["TableName"], item, size, None, None, on_failure)
    placeholders = Placeholders(part.get("ExpressionAttributeNames"), part.get("ExpressionAttributeValues"))
    update = expressions.update(part["UpdateExpression"], placeholders) if kind == "Update" else None
    text = part.get("ConditionExpression")
    condition = expressions.condition(text, placeholders) if text is not None else None
    placeholders.refuse_unused()
    return Write(kind, part["TableName"], item, size, condition, update, on_failure)


def _told_again(call: Call, request: Mapping[str, Any], writes: Sequence[Write]) -> dict[str, Any]:
    """The same answer, without writing: what is consumed then is read units."""
    spent: dict[str, Spent] = {}
    for write in writes:
        live = located(call, write.table)
        each = spent.setdefault(live.prefix, Spent(live, "read"))
        each.table_milli += 2 * read_milli(write.size, is_consistent=True)
    told = consumed_list(request.get("ReturnConsumedCapacity"), spent.values(), in_transaction=True)
    return {"ConsumedCapacity": told} if told else {}


# --- gets


@refusals.in_words
def transact_get_items(call: Call, request: TransactGetItemsInput) -> TransactGetItemsOutput:
    """Items as they are at one moment."""
    required(request, "TransactItems")
    check_returns(request)
    items = request["TransactItems"]
    _check_count(items, "transactItems")
    responses: list[dict[str, Any]] = []
    spent: dict[str, Spent] = {}
    reads: list[tuple[str, Projection | None, Item]] = []
    for each in items:
        get: Any = each.get("Get")
        if get is None:
            raise refusals.detected(refusals.constraint("transactItems.1.member.get", None, "Member must not be null"))
        required(get, "Key", "TableName")
        key_item = accepted(get["Key"])[0]
        projection = None
        placeholders = Placeholders(get.get("ExpressionAttributeNames"), None)
        if (text := get.get("ProjectionExpression")) is not None:
            projection = expressions.projection(text, placeholders)
        placeholders.refuse_unused()
        reads.append((get["TableName"], projection, key_item))
    found: list[tuple[Projection | None, LiveTable, str, str, Item]] = []
    for name, projection, key_item in reads:
        live = located(call, name)
        key, group = live.checked_key(key_item)
        found.append((projection, live, key, group, key_item))
    if len({key for _, _, key, _, _ in found}) != len(found):
        raise refusals.validation(SAME_ITEM)
    total = 0
    for projection, live, key, group, key_item in found:
        limit = live.meter.admits("read", group, call.now)
        if limit is not None:
            raise refusal(call, live.meter, "read", group, shown(key_item, live.hash_name), limit)
        row = live.items.get(key)
        size = 0 if row is None else packing.size_of(row)
        total += size
        milli = 2 * read_milli(size, is_consistent=True)
        live.meter.spend("read", group, milli, call.now)
        each_spent = spent.setdefault(live.prefix, Spent(live, "read"))
        each_spent.table_milli += milli
        if row is None:
            responses.append({})
            continue
        item = packing.unpacked(row)
        responses.append({"Item": item if projection is None else projection.of(item)})
    if total > limits.TRANSACTION_BYTES_MAX:
        raise refusals.validation("Collection size of items in the transaction cannot exceed 4MB")
    for each_spent in spent.values():
        each_spent.happened(call, returned=len(responses))
    result: dict[str, Any] = {"Responses": responses}
    told = consumed_list(request.get("ReturnConsumedCapacity"), spent.values(), in_transaction=True)
    if told:
        result["ConsumedCapacity"] = told
    return result  # type: ignore[return-value]
