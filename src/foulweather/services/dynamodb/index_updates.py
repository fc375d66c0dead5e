"""Global indexes of a live table: made with back-fill, changed, deleted; and how often capacity may be lowered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import definitions, limits, refusals
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Index, Provisioned, TableRow
from foulweather.services.dynamodb.refusals import invalid

ONE_AT_ONCE = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


def checked(call: Call, live: LiveTable, request: Mapping[str, Any]) -> list[Callable[[], None]]:
    """What GlobalSecondaryIndexUpdates does, checked."""
    updates = request.get("GlobalSecondaryIndexUpdates")
    if updates is None:
        return []
    if not updates:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")
    applies: list[Callable[[], None]] = []
    names: list[str] = []
    structural = [each for each in updates if each.get("Create") is not None or each.get("Delete") is not None]
    if len(structural) > 1 and len({str(each) for each in structural}) > 1:
        raise AwsError("LimitExceededException", ONE_AT_ONCE)
    for each in updates:
        kinds = [kind for kind in ("Create", "Update", "Delete") if each.get(kind) is not None]
        if len(kinds) != 1:
            raise invalid("Exactly one of a GlobalSecondaryIndexUpdate's Create, Update or Delete must be specified")
        kind, given = kinds[0], each[kinds[0]]
        names.append(given["IndexName"])
        if len(set(names)) != len(names):
            raise invalid(
                f"Only one global secondary index update per index is allowed simultaneously. Index: {names[-1]}"
            )
        make = {"Create": _create, "Update": _update, "Delete": _delete}[kind]
        applies.append(make(call, live, given, request))
    return applies


def _busy(row: TableRow) -> bool:
    return any(index.status in ("CREATING", "DELETING") for index in row.indexes if index.is_global)


def _create(call: Call, live: LiveTable, given: Mapping[str, Any], request: Mapping[str, Any]) -> Callable[[], None]:
    row = live.row
    name = given["IndexName"]
    if row.index(name) is not None:
        raise refusals.validation(f"Attempting to create an index which already exists: {name}")
    will_be = definitions.copied(row)
    if request.get("BillingMode") is not None:
        will_be.is_on_demand = request["BillingMode"] == "PAY_PER_REQUEST"
    index = definitions.index_in(given, will_be, is_global=True)
    definitions.count_indexes([*row.indexes, index])
    given_types = _new_types(row, request)
    types = {**row.types, **given_types}
    missing = [each for each in index.key_names if each not in given_types]
    if missing:  # even of attributes that the table knows already
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(missing)}], AttributeDefinitions: [{', '.join(given_types)}]"
        )
    used = {*row.key_names, *index.key_names, *(key for held in row.indexes for key in held.key_names)}
    unused = [each for each in types if each not in used]
    if unused:
        raise invalid(
            "Some AttributeDefinitions are not used. "
            f"AttributeDefinitions: [{', '.join(types)}], keys used: [{', '.join(sorted(used))}]"
        )
    if _busy(row):
        raise AwsError("LimitExceededException", ONE_AT_ONCE)

    def apply() -> None:
        row.types = types
        index.status = "CREATING"
        row.indexes = [*row.indexes, index]
        row.status = "UPDATING"
        ready_ms = call.now + limits.INDEX_CREATE_MS
        names = {"table": row.name, "table_id": row.id, "index": name}
        call.later(ready_ms, "dynamodb.index_backfilling", **names)
        filled_ms = ready_ms + live.count * 1000 // limits.BACKFILL_ITEMS_PER_S + limits.UPDATE_MS
        call.later(filled_ms, "dynamodb.index_created", **names)
        call.changed("dynamodb.IndexCreated", row.index_arn(name), **given)

    return apply


def _new_types(row: TableRow, request: Mapping[str, Any]) -> dict[str, str]:
    types = definitions.types_of(request.get("AttributeDefinitions") or [])
    for name, kind in types.items():
        if row.types.get(name, kind) != kind:
            raise invalid(f"Attribute {name} is redefined: its type is {row.types[name]}")
    return types


def _update(call: Call, live: LiveTable, given: Mapping[str, Any], request: Mapping[str, Any]) -> Callable[[], None]:
    row = live.row
    index = _existing(row, given["IndexName"])
    is_on_demand = request.get("BillingMode", "PAY_PER_REQUEST" if row.is_on_demand else "") == "PAY_PER_REQUEST"
    asked: Provisioned | None = None
    if given.get("ProvisionedThroughput") is not None:
        if is_on_demand:
            raise invalid(definitions.NEITHER_UNITS)
        asked = definitions.provisioned_in(given)
        before = index.provisioned
        if not row.is_on_demand and (asked.read_units, asked.write_units) == (before.read_units, before.write_units):
            raise refusals.validation(
                f"The provisioned throughput for the index {index.name} will not change. The requested value equals "
                f"the current value. Current ReadCapacityUnits provisioned for the index: {before.read_units}. "
                f"Requested ReadCapacityUnits: {asked.read_units}. Current WriteCapacityUnits provisioned for the "
                f"index: {before.write_units}. Requested WriteCapacityUnits: {asked.write_units}. Refer to the Amazon "
                "DynamoDB Developer Guide for current limits and how to request higher limits."
            )
        check_decrease(call, row.index_arn(index.name), index.provisioned, asked)
    most = definitions.most_in(given, index.most)
    warm = definitions.warm_in(given, index.warm)

    def apply() -> None:
        if asked is not None:
            set_units(call, row, index.name, asked)
        index.most, index.warm = most, warm
        index.status = "UPDATING"
        row.status = "UPDATING"
        call.later(call.now + limits.UPDATE_MS, "dynamodb.table_updated", table=row.name, table_id=row.id)
        facts = dict(given.get("ProvisionedThroughput") or given)
        call.changed("dynamodb.IndexUpdated", row.index_arn(index.name), **facts)

    return apply


def _delete(call: Call, live: LiveTable, given: Mapping[str, Any], request: Mapping[str, Any]) -> Callable[[], None]:
    del request
    row = live.row
    index = _existing(row, given["IndexName"])
    if index.status == "DELETING":
        raise refusals.table_in_use(
            row.index_arn(index.name),
            f"Attempt to change a resource which is still in use: Index is being deleted: {index.name}",
            index.status,
        )
    if _busy(row) and not index.is_backfilling:
        raise AwsError("LimitExceededException", ONE_AT_ONCE)

    def apply() -> None:
        index.status, index.is_backfilling = "DELETING", False
        row.status = "UPDATING"
        names = {"table": row.name, "table_id": row.id, "index": index.name}
        call.later(call.now + limits.INDEX_DELETE_MS, "dynamodb.index_deleted", **names)
        call.changed("dynamodb.IndexDeleting", row.index_arn(index.name), IndexStatus="DELETING")

    return apply


def _existing(row: TableRow, name: str) -> Index:
    index = row.index(name)
    if index is None or not index.is_global:
        raise AwsError(
            "ResourceNotFoundException",
            f"Requested resource not found: Table: {row.name} Index: {name} not found",
        )
    return index


# --- capacity


def check_decrease(call: Call, arn: str, before: Provisioned, asked: Provisioned) -> None:
    """Four decreases at any time of a UTC day, and then one for each hour that had none.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-throughput-capacity-modes
    """
    if asked.read_units >= before.read_units and asked.write_units >= before.write_units:
        return
    is_today = before.day == call.now // limits.DAY_MS
    made = before.decreases_today if is_today else 0
    if made >= limits.DECREASES_AT_ONCE and call.now - before.decreased_ms < 3_600_000:
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
            "first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 "
            f"seconds. Number of decreases today: {made}. Last decrease at {before.decreased_ms}.",
            facts=(call.fact(arn, "NumberOfDecreasesToday", made),),
        )


def set_units(call: Call, row: TableRow, index_name: str, asked: Provisioned) -> None:
    """Set provisioned units, and note when they rose and fell."""
    index = row.index(index_name) if index_name else None
    before = row.provisioned if index is None else index.provisioned
    day = call.now // limits.DAY_MS
    asked.day = day
    asked.decreases_today = before.decreases_today if before.day == day else 0
    asked.increased_ms, asked.decreased_ms = before.increased_ms, before.decreased_ms
    if asked.read_units > before.read_units or asked.write_units > before.write_units:
        asked.increased_ms = call.now
    if asked.read_units < before.read_units or asked.write_units < before.write_units:
        asked.decreased_ms = call.now
        asked.decreases_today += 1
    if index is None:
        row.provisioned = asked
    else:
        index.provisioned = asked
