"""A table to be made: its row of what a request says, and whether the account has room for it."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import definitions, limits, quotas
from foulweather.services.dynamodb.policies import checked_policy
from foulweather.services.dynamodb.records import TableRow
from foulweather.services.dynamodb.state import DynamoState
from foulweather.services.dynamodb.tagging import checked_tags


def new_row(call: Call, name: str, request: Any) -> TableRow:
    """The row of a table that a request describes."""
    is_on_demand = definitions.checked_mode(request)
    types = definitions.types_of(request["AttributeDefinitions"])
    hashes, sorts = definitions.checked_schema(request["KeySchema"])
    row = TableRow(
        name,
        call.world.ids.uuid(),
        "",
        call.account,
        call.region,
        call.now,
        types,
        hashes[0],
        sorts[0] if sorts else "",
        is_on_demand=is_on_demand,
        on_demand_since_ms=call.now if is_on_demand else 0,
        provisioned=definitions.provisioned_in(request),
        most=definitions.most_in(request),
        warm=definitions.warm_in(request),
        is_protected=request.get("DeletionProtectionEnabled", False),
        table_class=request.get("TableClass", ""),
    )
    row.indexes = definitions.indexes_in(request, row)
    used = [*row.key_names, *(name for index in row.indexes for name in index.key_names)]
    definitions.check_defined(types, used, with_indexes=bool(row.indexes))
    definitions.view_in(request.get("StreamSpecification"))
    row.tags = checked_tags(request.get("Tags") or [])
    if policy := request.get("ResourcePolicy"):
        row.policy = checked_policy(policy, row.arn)
        row.policy_revision = str(call.now)
    row.number = call.state(DynamoState).next_number() if name not in call.state(DynamoState).tables else ""
    return row


def check_quotas(call: Call, state: DynamoState, row: TableRow) -> None:
    """Refuse a table more than the account may have, or more capacity."""
    most = quotas.tables_max(call)
    if len(state.tables) >= most:
        raise AwsError(
            "LimitExceededException",
            f"Subscriber limit exceeded: There is a limit of {most} tables per subscriber",
        )
    busy = sum(held.status in ("CREATING", "DELETING", "UPDATING") for held in state.tables.values())
    if busy >= limits.CONCURRENT_CHANGES_MAX:
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted simultaneously",
        )
    for kind in ("read", "write"):
        total = sum(_units(held, kind) for held in (*state.tables.values(), row))
        if total > limits.ACCOUNT_UNITS_MAX:
            raise AwsError(
                "LimitExceededException",
                f"Subscriber limit exceeded: Provisioned throughput {kind} capacity of {total} exceeds the "
                f"account level limit of {limits.ACCOUNT_UNITS_MAX} units",
            )


def _units(row: TableRow, kind: str) -> int:
    holders = (row.provisioned, *(index.provisioned for index in row.indexes))
    return sum(held.read_units if kind == "read" else held.write_units for held in holders)
