"""The parameters that operations on items share: conditions, and what is to be returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import refusals
from foulweather.services.dynamodb.capacity import Spent, write_milli
from foulweather.services.dynamodb.language import expressions, legacy
from foulweather.services.dynamodb.language.accept import accepted, checked_name
from foulweather.services.dynamodb.language.conditions import Condition
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.values import Item, written
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.writing import Change

ENUMERATIONS = (
    ("ReturnConsumedCapacity", "returnConsumedCapacity", ("INDEXES", "TOTAL", "NONE")),
    ("ReturnItemCollectionMetrics", "returnItemCollectionMetrics", ("SIZE", "NONE")),
    ("ReturnValues", "returnValues", ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")),
    ("ReturnValuesOnConditionCheckFailure", "returnValuesOnConditionCheckFailure", ("ALL_OLD", "NONE")),
    ("ConditionalOperator", "conditionalOperator", ("OR", "AND")),
)
_ENUMERATED = frozenset(name for name, _, _ in ENUMERATIONS)
NOT_NULL = "Member must not be null"


def check_returns(request: Mapping[str, Any]) -> None:
    """Refuse values that none of the Return… parameters has."""
    if _ENUMERATED.isdisjoint(request):
        return
    violations = [
        refusals.constraint(path, request[name], f"Member must satisfy enum value set: [{', '.join(allowed)}]")
        for name, path, allowed in ENUMERATIONS
        if request.get(name) is not None and request[name] not in allowed
    ]
    if violations:
        raise refusals.detected(*violations)


def required(request: Mapping[str, Any], *names: str) -> None:
    """Refuse a request without one of its required members."""
    for name in names:
        if request.get(name) is None:
            break
    else:
        return
    missing = [
        refusals.constraint(name[0].lower() + name[1:], None, NOT_NULL) for name in names if request.get(name) is None
    ]
    raise refusals.detected(*missing)


def placeholders_of(request: Mapping[str, Any]) -> Placeholders:
    """A request's expression attribute names and values."""
    return Placeholders(request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues"))


def condition_of(request: Mapping[str, Any], placeholders: Placeholders) -> Condition | None:
    """A write's condition, in either way of saying it."""
    text = request.get("ConditionExpression")
    if text is not None:
        return expressions.condition(text, placeholders)
    if "Expected" in request or "ConditionalOperator" in request:
        return legacy.expected(request.get("Expected"), request.get("ConditionalOperator"))
    return None


def accepted_key(key: Item) -> Item:
    """A request's Key with its numbers as they are stored."""
    return accepted(key)[0]


def condition_failed(
    call: Call, live: LiveTable, condition: Condition, old: Item | None, request: Mapping[str, Any], change: Change
) -> AwsError:
    """The refusal of a write whose condition does not hold; it is paid for all the same."""
    spent = Spent(live, "write", write_milli(change.old_size))
    live.meter.spend("write", change.group, spent.table_milli, call.now)
    spent.happened(call)
    call.happened("dynamodb.ConditionalCheckFailed", live.arn, table=live.row.name, operation=call.operation)
    wants_item = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return refusals.condition_failed(failed_facts(live, condition, old), old if wants_item else None)


def failed_facts(live: LiveTable, condition: Condition, old: Item | None) -> tuple[Fact, ...]:
    """The parts of a condition that failed, with what they found."""
    facts = [
        Fact(live.arn, reason.text, "no such attribute" if reason.actual is None else written(reason.actual))
        for reason in condition.explain(old)
    ]
    return (Fact(live.arn, "item exists", old is not None), *facts)


def attributes_to_get(names: list[str] | None) -> Projection | None:
    """AttributesToGet, which names at least one attribute."""
    if names is None:
        return None
    if not names:
        words = "Member must have length greater than or equal to 1"
        raise refusals.detected(refusals.constraint("attributesToGet", "[]", words))
    for name in names:
        checked_name(name)
    return legacy.attributes_to_get(names)
