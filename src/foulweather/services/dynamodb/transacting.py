"""A transaction carried out: every part checked before the first is made, or all cancelled with their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import limits, refusals
from foulweather.services.dynamodb.capacity import Spent
from foulweather.services.dynamodb.language.conditions import Condition
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.updates import Update
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.parameters import failed_facts
from foulweather.services.dynamodb.state import located
from foulweather.services.dynamodb.updating import apply_update
from foulweather.services.dynamodb.writing import Change, admit, make, needs_old, old_item, plan, spend

SAME_ITEM = "Transaction request cannot include multiple operations on one item"
CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]"


class Write(NamedTuple):
    """One part of a transaction, read: what it is to do, and what must hold."""

    kind: str
    table: str
    item: Item
    size: int
    condition: Condition | None
    update: Update | None
    returns_old: bool
    refused_as: str = "ConditionalCheckFailed"


class Reason(NamedTuple):
    """Why a transaction was cancelled at one of its parts."""

    code: str
    message: str
    item: Item | None = None
    facts: tuple[Fact, ...] = ()


def carry_out(call: Call, writes: Sequence[Write]) -> tuple[list[Change], list[Spent]]:
    """Check every part before the first is made; whatever stands in the way of one cancels all."""
    places: list[tuple[LiveTable, str, str]] = []
    invalid: dict[int, Reason] = {}
    for place, write in enumerate(writes):
        live = located(call, write.table)
        try:
            key, group = live.checked_item(write.item) if write.kind == "Put" else live.checked_key(write.item)
        except AwsError as error:
            # What the table refuses cancels the transaction; what no table would take is refused before.
            invalid[place] = Reason("ValidationError", error.message, None, error.why.facts)
            continue
        if write.update is not None:
            write.update.refuse_key(live.key_names)
        places.append((live, key, group))
    if invalid:
        raise _cancelled(call, writes[0].table, [], [invalid.get(place) for place in range(len(writes))])
    if len({key for _, key, _ in places}) != len(places):
        raise refusals.validation(SAME_ITEM)
    reasons: list[Reason | None] = []
    changes: list[Change] = []
    for write, (live, key, group) in zip(writes, places, strict=True):
        change, reason = _checked(call, write, live, key, group)
        changes.append(change)
        reasons.append(reason)
    if sum(change.new_size for change in changes) > limits.TRANSACTION_BYTES_MAX:
        raise refusals.validation("Transaction request size cannot exceed 4 MB")
    if any(reason is not None for reason in reasons):
        raise _cancelled(call, writes[0].table, changes, reasons)
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
    # A put or a delete without a condition is made whatever there was.
    is_blind = write.condition is None and write.update is None and not needs_old(live)
    old = None if is_blind else old_item(live, key)
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
            return change, Reason(write.refused_as, "The conditional request failed", shown_item, facts)
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


def _cancelled(call: Call, table: str, changes: Sequence[Change], reasons: Sequence[Reason | None]) -> AwsError:
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
    call.happened("dynamodb.TransactionCancelled", located(call, table).arn, reasons=codes)
    return AwsError(
        "TransactionCanceledException",
        CANCELLED.format(codes),
        facts=tuple(facts),
        members={"CancellationReasons": told},
    )
