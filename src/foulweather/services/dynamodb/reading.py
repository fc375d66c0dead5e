"""Query and Scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import limits, refusals
from foulweather.services.dynamodb.indexes import LiveIndex
from foulweather.services.dynamodb.language import expressions, legacy
from foulweather.services.dynamodb.language.accept import accepted
from foulweather.services.dynamodb.language.conditions import Condition
from foulweather.services.dynamodb.language.key_conditions import selected
from foulweather.services.dynamodb.language.projections import Projection
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.values import Item
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.pages import Range, Wanted, read_page
from foulweather.services.dynamodb.parameters import NOT_NULL, attributes_to_get, placeholders_of
from foulweather.services.dynamodb.partitions import SPREAD_BITS
from foulweather.services.dynamodb.ranges import range_of, scan_range
from foulweather.services.dynamodb.refusals import constraint, invalid
from foulweather.services.dynamodb.state import located

if TYPE_CHECKING:
    from aws_types.dynamodb import QueryInput, QueryOutput, ScanInput, ScanOutput

SELECTS = ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
NO_CONDITION = "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."


@refusals.in_words
def query(call: Call, request: QueryInput) -> QueryOutput:
    """Read the items of one partition key, in order of the sort key."""
    _check_members(request)
    # AWS takes KeyConditions together with the other expressions, but not with KeyConditionExpression.
    mixed = request if "KeyConditionExpression" in request else _without(request, "KeyConditions")
    legacy.refuse_mixing(mixed, ("FilterExpression", "KeyConditionExpression"))
    placeholders = placeholders_of(request)
    text, conditions = request.get("KeyConditionExpression"), request.get("KeyConditions")
    if text is not None:
        tests = expressions.read_key_condition(text, placeholders)
    elif conditions is not None:
        tests = legacy.read_key_conditions(conditions)
    else:
        raise refusals.validation(NO_CONDITION)
    filter_text = request.get("FilterExpression")
    condition = expressions.filter_condition(filter_text, placeholders) if filter_text is not None else None
    if condition is None and ("QueryFilter" in request or "ConditionalOperator" in request):
        condition = legacy.query_filter(request.get("QueryFilter"), request.get("ConditionalOperator"))
    projection = _projection(request, placeholders)
    placeholders.refuse_unused()
    _check_select(request, projection)
    start = _start(request)
    live = located(call, request["TableName"])
    index = _index(live, request)
    schema = live.row.schema if index is None else live.row.schema_of(index.row)
    try:
        key = selected(tests, schema)
    except LanguageError as error:
        raise refusals.key_condition(live.arn, schema.names, [test.name for test in tests], error) from None
    if condition is not None:
        expressions.refuse_key_filter(condition, schema.names)
    run, group = range_of(live, index, key, start, is_forward=request.get("ScanIndexForward", True))
    shown = next(iter(key.hash_values[0].values()))
    wanted = _wanted(request, index, condition, projection)
    return read_page(call, live, index, run, wanted, group, str(shown))  # type: ignore[return-value]


@refusals.in_words
def scan(call: Call, request: ScanInput) -> ScanOutput:
    """Read every item of a table or an index, or those of one segment."""
    _check_members(request)
    legacy.refuse_mixing(request, ("FilterExpression",))
    placeholders = placeholders_of(request)
    filter_text = request.get("FilterExpression")
    condition = expressions.filter_condition(filter_text, placeholders) if filter_text is not None else None
    if condition is None and ("ScanFilter" in request or "ConditionalOperator" in request):
        condition = legacy.scan_filter(request.get("ScanFilter"), request.get("ConditionalOperator"))
    projection = _projection(request, placeholders)
    placeholders.refuse_unused()
    _check_select(request, projection)
    low, high = _segment(request)
    start = _start(request)
    live = located(call, request["TableName"])
    index = _index(live, request)
    run = scan_range(live, index, low, high, start, request)
    wanted = _wanted(request, index, condition, projection)
    return read_page(call, live, index, run, wanted, _scanned_group(live, index, run), "(scan)")  # type: ignore[return-value]


# --- what is asked for


def _without(request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {key: value for key, value in request.items() if key != name}


def _check_members(request: Mapping[str, Any]) -> None:
    """The constraints of the model, in its order."""
    found: list[str] = []
    for name, path, allowed in (
        ("Select", "select", SELECTS),
        ("ReturnConsumedCapacity", "returnConsumedCapacity", ("INDEXES", "TOTAL", "NONE")),
        ("ConditionalOperator", "conditionalOperator", ("OR", "AND")),
    ):
        value = request.get(name)
        if value is not None and value not in allowed:
            found.append(constraint(path, value, f"Member must satisfy enum value set: [{', '.join(allowed)}]"))
    for name, path, least, most in (
        ("Limit", "limit", 1, None),
        ("TotalSegments", "totalSegments", 1, limits.SEGMENTS_MAX),
        ("Segment", "segment", 0, limits.SEGMENTS_MAX - 1),
    ):
        number = request.get(name)
        if number is not None and number < least:
            found.append(constraint(path, number, f"Member must have value greater than or equal to {least}"))
        if number is not None and most is not None and number > most:
            found.append(constraint(path, number, f"Member must have value less than or equal to {most}"))
    if request.get("TableName") is None:
        found.append(constraint("tableName", None, NOT_NULL))
    if found:
        raise refusals.detected(*found)
    limits.checked_table_name(request.get("TableName"))
    if request.get("IndexName") is not None:
        limits.checked_index_name(request["IndexName"])


def _projection(request: Mapping[str, Any], placeholders: Any) -> Projection | None:
    text, names = request.get("ProjectionExpression"), request.get("AttributesToGet")
    if text is not None:
        return expressions.projection(text, placeholders)
    return attributes_to_get(names)


def _check_select(request: Mapping[str, Any], projection: Projection | None) -> None:
    select = request.get("Select")
    if select == "ALL_PROJECTED_ATTRIBUTES" and request.get("IndexName") is None:
        raise invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if projection is None:
        if select == "SPECIFIC_ATTRIBUTES":
            raise invalid(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
            )
    elif select is not None and select != "SPECIFIC_ATTRIBUTES":
        name = "ProjectionExpression" if request.get("ProjectionExpression") is not None else "AttributesToGet"
        what = "only the Count" if select == "COUNT" else select
        raise invalid(f"Cannot specify the {name} when choosing to get {what}")


def _start(request: Mapping[str, Any]) -> Item | None:
    given = request.get("ExclusiveStartKey")
    return None if given is None else accepted(given)[0]


def _index(live: LiveTable, request: Mapping[str, Any]) -> LiveIndex | None:
    name = request.get("IndexName")
    if name is None:
        return None
    index = live.indexes.get(name)
    if index is None:
        raise refusals.validation(f"The table does not have the specified index: {name}")
    if index.is_global:
        if request.get("ConsistentRead"):
            raise refusals.validation("Consistent reads are not supported on global secondary indexes")
        if index.row.status == "CREATING":
            raise refusals.validation(f"Cannot read from backfilling global secondary index: {name}")
        if request.get("Select") == "ALL_ATTRIBUTES" and index.projected is not None:
            raise invalid(
                f"Select type ALL_ATTRIBUTES is not supported for global secondary index {name} because its "
                "projection type is not ALL"
            )
    return index


def _wanted(
    request: Mapping[str, Any], index: LiveIndex | None, condition: Condition | None, projection: Projection | None
) -> Wanted:
    if projection is not None and index is not None and index.is_global and index.projected is not None:
        missing = [str(path[0]) for path in projection.paths if path[0] not in index.projected]
        if missing:
            names = ", ".join(dict.fromkeys(missing))
            raise invalid(f"Global secondary index {index.name} does not project [{names}]")
    select = request.get("Select")
    return Wanted(
        condition,
        projection,
        request.get("Limit"),
        select == "COUNT",
        select == "ALL_ATTRIBUTES",
        bool(request.get("ConsistentRead")),
        request.get("ReturnConsumedCapacity"),
    )


def _segment(request: Mapping[str, Any]) -> tuple[int, int]:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None and total is None:
        return 0, 1 << SPREAD_BITS
    if total is None:
        raise refusals.validation(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is "
            "present"
        )
    if segment is None:
        raise refusals.validation(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is "
            "present"
        )
    if segment >= total:
        raise refusals.validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )
    return (1 << SPREAD_BITS) * segment // total, (1 << SPREAD_BITS) * (segment + 1) // total


def _scanned_group(live: LiveTable, index: LiveIndex | None, run: Range) -> str:
    """The place in the key space where a scan reads: its partition pays for the page."""
    at = run.low if run.after is None else run.after
    place = at if isinstance(at, str) else at[0]
    return place[len(live.prefix) :][:8] if index is None else place[:8]
