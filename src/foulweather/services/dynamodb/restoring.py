"""A table made from another's rows: what a restore brings back, and what it does not.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CreateBackup.html: tags, policies, time to live, the
stream, deletion protection and point-in-time recovery must be set up anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import definitions, filling, limits, packing
from foulweather.services.dynamodb.encryption import Wanted, checked_encryption, seal, start_looking
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Index, TableRow
from foulweather.services.dynamodb.refusals import invalid
from foulweather.services.dynamodb.standing import stands
from foulweather.services.dynamodb.state import NUMBER_DIGITS, DynamoState

COPIED_ITEMS_PER_S = 20_000


def target_name(call: Call, request: Mapping[str, Any]) -> str:
    """The name of the table to be made, which must be free."""
    name = definitions.new_name(request, "TargetTableName")
    if name in call.state(DynamoState).tables:
        raise AwsError("TableAlreadyExistsException", f"Table already exists: {name}")
    return name


def restored(
    call: Call, source: TableRow, name: str, rows: Iterable[tuple[str, bytes]], request: Mapping[str, Any]
) -> LiveTable:
    """Make a table with the key, the indexes and the rows of another; it is CREATING for a while."""
    state = call.state(DynamoState)
    row = TableRow(
        name,
        call.world.ids.uuid(),
        state.next_number(),
        call.account,
        call.region,
        call.now,
        dict(source.types),
        source.hash_name,
        source.sort_name,
        is_on_demand=source.is_on_demand,
        provisioned=definitions.Provisioned(source.provisioned.read_units, source.provisioned.write_units),
        most=source.most,
        table_class=source.table_class,
        restored_from=source.arn,
        restored_ms=call.now,
    )
    _override_mode(row, request)
    asked = request.get("SSESpecificationOverride")
    wanted = checked_encryption(call, asked) if asked is not None else Wanted(source.sse_type, source.sse_key_arn)
    row.indexes = _indexes(source, row, request)
    used = {*row.key_names, *(each for index in row.indexes for each in index.key_names)}
    row.types = {each: kind for each, kind in row.types.items() if each in used}
    seal(call, row, wanted)
    live = state.add(row, call.now)
    for key, packed in rows:
        state.items.put(row.number + key[NUMBER_DIGITS:], packed)
        live.count += 1
        live.size_bytes += packing.size_of(packed)
    filling.gather_anew(live, call.now)
    took_ms = limits.RESTORE_MS + live.count * 1000 // COPIED_ITEMS_PER_S
    call.later(call.now + took_ms, "dynamodb.table_created", table=name, table_id=row.id)
    start_looking(call, row)
    call.changed("dynamodb.TableRestored", row.arn, SourceTableArn=source.arn, TargetTableName=name)
    call.happened("dynamodb.Restored", row.arn, bytes=live.size_bytes)
    stands(call, live)
    return live


def _override_mode(row: TableRow, request: Mapping[str, Any]) -> None:
    mode, units = request.get("BillingModeOverride"), request.get("ProvisionedThroughputOverride")
    if mode is not None:
        row.is_on_demand = mode == "PAY_PER_REQUEST"
    if units is not None:
        if row.is_on_demand:
            raise invalid(definitions.NEITHER_UNITS)
        row.provisioned = definitions.provisioned_in({"ProvisionedThroughput": units})
    if row.is_on_demand:
        row.provisioned = definitions.Provisioned()
    elif not row.provisioned.read_units:
        raise invalid(definitions.BOTH_UNITS)
    if (most := request.get("OnDemandThroughputOverride")) is not None:
        row.most = definitions.most_in({"OnDemandThroughput": most}, row.most)


def _indexes(source: TableRow, row: TableRow, request: Mapping[str, Any]) -> list[Index]:
    """The source's indexes, or those of them that the request lists: a restore makes no new ones."""
    kept: list[Index] = []
    for index in source.indexes:
        member = "GlobalSecondaryIndexOverride" if index.is_global else "LocalSecondaryIndexOverride"
        given = request.get(member)
        asked = None if given is None else next((each for each in given if each["IndexName"] == index.name), None)
        if given is not None and asked is None:
            continue
        units = index.provisioned
        if row.is_on_demand:
            units = definitions.Provisioned()
        elif asked is not None and asked.get("ProvisionedThroughput"):
            units = definitions.provisioned_in(asked)
        elif index.is_global and not units.read_units:
            raise invalid(f"ProvisionedThroughput is not specified for index: {index.name}")
        kept.append(
            Index(
                index.name,
                index.is_global,
                index.hash_names,
                index.sort_names,
                index.projection,
                index.attributes,
                provisioned=units,
            )
        )
    for member in ("GlobalSecondaryIndexOverride", "LocalSecondaryIndexOverride"):
        for each in cast("list[dict[str, Any]]", request.get(member) or []):
            if source.index(each["IndexName"]) is None:
                raise invalid(f"Index {each['IndexName']} is not an index of the source table")
    return kept
