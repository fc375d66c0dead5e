"""Transactions: up to a hundred gets or writes that happen together or not at all.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html. A transaction is atomic because
nothing else runs meanwhile: one never meets another in the middle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import limits, packing, refusals
from foulweather.services.dynamodb.capacity import Spent, consumed_list, read_milli
from foulweather.services.dynamodb.language import expressions
from foulweather.services.dynamodb.language.accept import accepted
from foulweather.services.dynamodb.language.conditions import Condition
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.sizes import ITEM_BYTES_MAX, TOO_LARGE
from foulweather.services.dynamodb.language.updates import Update
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.parameters import check_returns, failed_facts, required
from foulweather.services.dynamodb.records import Remembered
from foulweather.services.dynamodb.state import DynamoState, located
from foulweather.services.dynamodb.throughput import refusal
from foulweather.services.dynamodb.updating import apply_update
from foulweather.services.dynamodb.writing import Change, admit, collection_metrics, make, old_item, plan, shown, spend

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        TransactGetItemsInput,
        TransactGetItemsOutput,
        TransactWriteItemsInput,
        TransactWriteItemsOutput,
    )

KINDS = ("ConditionCheck", "Put", "Delete", "Update")
ONE_KIND = "TransactItems can only contain one of Check, Put, Update or Delete"
SAME_ITEM = "Transaction request cannot include multiple operations on one item"
MISMATCH = (
    "Idempotent parameter mismatch: the request with this client token has other parameters than an earlier one"
)
CANCELLED = (
    "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]"
)
_digested = msgspec.msgpack.Encoder(order="sorted").encode


class Write(NamedTuple):
    """One part of a transaction, read: what it is to do, and what must hold."""

    kind: str
    table: str
    item: Item
    size: int
    condition: Condition | None
    update: Update | None
    returns_old: bool


class Reason(NamedTuple):
    """Why a transaction was cancelled at one of its parts."""

    code: str
    message: str
    item: Item | None = None
    facts: tuple[Fact, ...] = ()


@refusals.in_words
def transact_write_items(call: Call, request: TransactWriteItemsInput) -> TransactWriteItemsOutput:
    """Make every write, or none; a client request token makes it happen once in ten minutes."""
    required(request, "TransactItems")
    check_returns(request)
    items = request["TransactItems"]
    _check_count(items, "transactItems")
    writes = [_read(each) for each in items]
    digest = sha256(_digested(items)).digest()
    state = call.state(DynamoState)
    token = request.get("ClientRequestToken")
    again = _again(call, state, token, digest)
    if again is not None:
        return _told_again(call, request, writes, again)
    changes, all_spent = carry_out(call, writes)
    if token is not None:
        _remember(call, state, token, digest)
    result: dict[str, Any] = {}
    told = consumed_list(request.get("ReturnConsumedCapacity"), all_spent, in_transaction=True)
    if told:
        result["ConsumedCapacity"] = told
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        metrics: dict[str, list[Any]] = {}
        for change in changes:
            if change.live.has_local:
                told_of = collection_metrics(change, change.new or change.old or {})
                metrics.setdefault(change.live.row.name, []).append(told_of)
        if metrics:
            result["ItemCollectionMetrics"] = metrics
    return result  # type: ignore[return-value]


def _check_count(items: Sequence[Any], path: str) -> None:
    if not items:
        raise refusals.detected(
            refusals.constraint(path, "[]", "Member must have length greater than or equal to 1")
        )
    if len(items) > limits.TRANSACTION_ITEMS_MAX:
        raise refusals.detected(
            refusals.constraint(
                path, "[...]", f"Member must have length less than or equal to {limits.TRANSACTION_ITEMS_MAX}"
            )
        )


def _read(given: Mapping[str, Any]) -> Write:
    kinds = [kind for kind in KINDS if given.get(kind) is not None]
    if len(kinds) != 1:
        raise refusals.validation(ONE_KIND)
    kind = kinds[0]
    part: Mapping[str, Any] = given[kind]
    member = "Item" if kind == "Put" else "Key"
    needed = ["TableName", member]
    needed += ["ConditionExpression"] if kind == "ConditionCheck" else ["UpdateExpression"] if kind == "Update" else []
    required(part, *needed)
    limits.checked_table_name(part["TableName"])
    item, size = accepted(part[member])
    if kind == "Put" and size > ITEM_BYTES_MAX:
        raise refusals.validation(TOO_LARGE)
    if part.get("ConditionExpression") is None and part.get("UpdateExpression") is None:
        for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            if part.get(name) is not None:
                raise refusals.validation(f"{name} can only be specified when using expressions")
    placeholders = Placeholders(part.get("ExpressionAttributeNames"), part.get("ExpressionAttributeValues"))
    update = expressions.update(part["UpdateExpression"], placeholders) if kind == "Update" else None
    text = part.get("ConditionExpression")
    condition = expressions.condition(text, placeholders) if text is not None else None
    placeholders.refuse_unused()
    on_failure = part.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return Write(kind, part["TableName"], item, size, condition, update, on_failure)


def carry_out(call: Call, writes: Sequence[Write]) -> tuple[list[Change], list[Spent]]:
    """Check every part before the first is made; whatever stands in the way of one cancels all."""
    places: list[tuple[LiveTable, str, str]] = []
    for write in writes:
        live = located(call, write.table)
        key, group = live.checked_item(write.item) if write.kind == "Put" else live.checked_key(write.item)
        if write.update is not None:
            write.update.refuse_key(live.key_names)
        places.append((live, key, group))
    if len({key for _, key, _ in places}) != len(places):
        raise refusals.validation(SAME_ITEM)
    reasons: list[Reason | None] = []
    changes: list[Change] = []
    for write, (live, key, group) in zip(writes, places, strict=True):
        change, reason = _checked(call, write, live, key, group)
        changes.append(change)
        reasons.append(reason)
    if sum(max(change.new_size, change.old_size) for change in changes) > limits.TRANSACTION_BYTES_MAX:
        raise refusals.validation("Collection size of items in the transaction cannot exceed 4MB")
    if any(reason is not None for reason in reasons):
        raise _cancelled(call, changes, reasons)
    spent: dict[str, Spent] = {}
    for write, change in zip(writes, changes, strict=True):
        each = spent.setdefault(change.live.prefix, Spent(change.live, "write"))
        # "two underlying reads or writes of every item": prepare and commit.
        spend(call, change, each, times=2)
        if write.kind != "ConditionCheck":
            make(call, change)
    for each in spent.values():
        each.happened(call)
    return changes, list(spent.values())


def _checked(call: Call, write: Write, live: LiveTable, key: str, group: str) -> tuple[Change, Reason | None]:
    old = old_item(live, key)
    if write.kind == "Put":
        change = Change(live, key, group, old, write.item, write.size)
    else:
        change = Change(live, key, group, old, None, 0)
    try:
        admit(call, live, group, write.item)
        if write.condition is not None and not write.condition.holds(old):
            facts = failed_facts(live, write.condition, old)
            call.happened("dynamodb.ConditionalCheckFailed", live.arn, table=live.row.name, operation=call.operation)
            shown_item = old if write.returns_old else None
            return change, Reason("ConditionalCheckFailed", "The conditional request failed", shown_item, facts)
        if write.update is not None:
            apply_update(change, write.update, write.item)
        if write.kind == "ConditionCheck":
            change.new, change.new_size = old, change.old_size
        elif live.all_indexes:
            plan(call, change)
    except LanguageError as error:
        return change, Reason("ValidationError", str(error))
    except AwsError as error:
        code = {
            "ValidationException": "ValidationError",
            "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
            "ThrottlingException": "ThrottlingError",
            "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
        }.get(error.code)
        if code is None:
            raise
        return change, Reason(code, error.message, None, error.why.facts)
    return change, None


def _cancelled(call: Call, changes: Sequence[Change], reasons: Sequence[Reason | None]) -> AwsError:
    codes = ", ".join("None" if reason is None else reason.code for reason in reasons)
    told: list[dict[str, Any]] = []
    facts: list[Fact] = []
    for place, reason in enumerate(reasons, 1):
        if reason is None:
            told.append({"Code": "None"})
            continue
        each: dict[str, Any] = {"Code": reason.code, "Message": reason.message}
        if reason.item is not None:
            each["Item"] = reason.item
        told.append(each)
        facts += [Fact(fact.resource, f"part {place}: {fact.property}", fact.value) for fact in reason.facts]
    spent: dict[str, Spent] = {}
    for change in changes:  # a transaction that is cancelled has been prepared, and that is paid for
        each_spent = spent.setdefault(change.live.prefix, Spent(change.live, "write"))
        each_spent.table_milli += change.milli
        change.live.meter.spend("write", change.group, change.milli, call.now)
    for each_spent in spent.values():
        each_spent.happened(call)
    call.happened("dynamodb.TransactionCancelled", changes[0].live.arn, reasons=codes)
    return AwsError(
        "TransactionCanceledException",
        CANCELLED.format(codes),
        facts=tuple(facts),
        members={"CancellationReasons": told},
    )


# --- idempotence


def _again(call: Call, state: DynamoState, token: str | None, digest: bytes) -> Remembered | None:
    """What was done under this token in the last ten minutes; another request under it is refused."""
    if token is None:
        return None
    if not 1 <= len(token) <= 36:
        words = f"Member must have length {'less' if token else 'greater'} than or equal to {36 if token else 1}"
        raise refusals.detected(refusals.constraint("clientRequestToken", token, words))
    held = state.remembered.get(token)
    if held is None or call.now >= held.at_ms + limits.TOKEN_MS:
        return None
    if held.digest != digest:
        raise AwsError("IdempotentParameterMismatchException", MISMATCH, facts=(Fact(token, "first used", held.at_ms),))
    return held


def _remember(call: Call, state: DynamoState, token: str, digest: bytes) -> None:
    for old in list(state.remembered):
        if state.remembered[old].at_ms + limits.TOKEN_MS > call.now:
            break
        state.remembered.delete(old)
    state.remembered.put(token, Remembered(call.now, digest, 0))


def _told_again(call: Call, request: Mapping[str, Any], writes: Sequence[Write], held: Remembered) -> Any:
    """The same answer, without writing: what is consumed then is read units."""
    del held
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
    reads: list[tuple[Any, Any, LiveTable, str, str, Item]] = []
    for each in items:
        get = each.get("Get")
        if get is None:
            raise refusals.detected(refusals.constraint("transactItems.1.member.get", None, "Member must not be null"))
        required(get, "Key", "TableName")
        key_item = accepted(get["Key"])[0]
        projection = None
        placeholders = Placeholders(get.get("ExpressionAttributeNames"), None)
        if (text := get.get("ProjectionExpression")) is not None:
            projection = expressions.projection(text, placeholders)
        placeholders.refuse_unused()
        reads.append((get, projection, None, "", "", key_item))  # type: ignore[arg-type]
    total = 0
    found: list[tuple[Any, LiveTable, str, str, Item]] = []
    for get, projection, _, _, _, key_item in reads:
        live = located(call, get["TableName"])
        key, group = live.checked_key(key_item)
        found.append((projection, live, key, group, key_item))
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
