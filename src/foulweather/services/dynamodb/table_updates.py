"""UpdateTable: throughput, mode, indexes, stream, class, protection, encryption, replicas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.dynamodb import definitions, encryption, index_updates, limits, refusals, replicas
from foulweather.services.dynamodb.descriptions import described
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Provisioned
from foulweather.services.dynamodb.refusals import invalid
from foulweather.services.dynamodb.standing import stands
from foulweather.services.dynamodb.state import found
from foulweather.services.dynamodb.streaming import start_stream, stop_stream

if TYPE_CHECKING:
    from aws_types.dynamodb import UpdateTableInput, UpdateTableOutput

Apply = Callable[[], None]
CHANGES = (
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexUpdates",
    "StreamSpecification",
    "SSESpecification",
    "ReplicaUpdates",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
)
NOT_BUILT = ("MultiRegionConsistency", "GlobalTableWitnessUpdates", "GlobalTableSettingsReplicationMode")


@refusals.in_words
def update_table(call: Call, request: UpdateTableInput) -> UpdateTableOutput:
    """Change a table; it is UPDATING until the change is through."""
    definitions.check_model(call, request)
    for name in NOT_BUILT:
        if request.get(name) is not None:
            raise not_implemented("dynamodb", f"UpdateTable.{name}")
    live = found(call, request.get("TableName"))
    row = live.row
    if not any(request.get(name) is not None for name in CHANGES):
        raise refusals.validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
            "SSESpecification or ReplicaUpdates is required"
        )
    if row.status != "ACTIVE":
        raise refusals.table_in_use(
            row.arn,
            f"Attempt to change a resource which is still in use: Table is being {_doing(row.status)}: {row.name}",
            row.status,
        )
    # Everything is checked before the first change is made.
    applies = [
        *_mode(call, live, request),
        *_throughput(call, live, request),
        *_settings(call, live, request),
        *index_updates.checked(call, live, request),
        *_stream(call, live, request),
        *replicas.checked(call, live, request),
    ]
    if (encrypted := request.get("SSESpecification")) is not None:
        # The last that may be refused, by KMS; from then on the grant is there.
        _encrypt(call, live, encrypted)
    takes_time = any(
        request.get(name) is not None
        for name in ("BillingMode", "ProvisionedThroughput", "StreamSpecification", "SSESpecification", "TableClass")
    ) or bool(request.get("OnDemandThroughput") or request.get("WarmThroughput"))
    if takes_time:
        row.status = "UPDATING"
        call.later(call.now + limits.UPDATE_MS, "dynamodb.table_updated", table=row.name, table_id=row.id)
    for apply in applies:
        apply()
    live.state.configured(live, call.now)
    facts = {name: request[name] for name in CHANGES if request.get(name) is not None}  # type: ignore[literal-required]
    call.changed("dynamodb.TableUpdated", row.arn, **{**facts, **(request.get("ProvisionedThroughput") or {})})
    stands(call, live)
    return {"TableDescription": described(live, call.now)}  # type: ignore[typeddict-item]


def _doing(status: str) -> str:
    return {"CREATING": "created", "DELETING": "deleted"}.get(status, "updated")


# --- capacity


def _mode(call: Call, live: LiveTable, request: Mapping[str, Any]) -> list[Apply]:
    mode = request.get("BillingMode")
    row = live.row
    is_on_demand = mode == "PAY_PER_REQUEST" if mode is not None else row.is_on_demand
    if is_on_demand and request.get("ProvisionedThroughput") is not None:
        raise invalid(definitions.NEITHER_UNITS)
    if mode is None or is_on_demand == row.is_on_demand:
        return []
    if not is_on_demand and request.get("ProvisionedThroughput") is None:
        raise invalid(definitions.BOTH_UNITS)
    recent = [at for at in row.mode_changes_ms if at > call.now - limits.DAY_MS]
    if is_on_demand and len(recent) >= limits.MODE_CHANGES_PER_DAY:
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Update to PayPerRequest mode are limited to 4 times in a 24 hour window",
            facts=(call.fact(row.arn, "BillingMode", "PROVISIONED"),),
        )
    updates: dict[str, dict[str, Any]] = {
        each["Update"]["IndexName"]: each["Update"]
        for each in cast("list[dict[str, Any]]", request.get("GlobalSecondaryIndexUpdates") or [])
        if each.get("Update")
    }
    if not is_on_demand:
        for index in row.indexes:
            if index.is_global and not (updates.get(index.name) or {}).get("ProvisionedThroughput"):
                raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")

    def apply() -> None:
        row.is_on_demand = is_on_demand
        if is_on_demand:
            row.mode_changes_ms = [*recent, call.now]
            row.on_demand_since_ms = call.now
            row.provisioned = Provisioned()
            for index in row.indexes:
                index.provisioned = Provisioned()
        elif not row.mode_changes_ms:
            row.mode_changes_ms = [0]

    return [apply]


def _throughput(call: Call, live: LiveTable, request: Mapping[str, Any]) -> list[Apply]:
    row = live.row
    applies: list[Apply] = []
    given = request.get("ProvisionedThroughput")
    if given is not None:
        switches = request.get("BillingMode") == "PROVISIONED" and row.is_on_demand
        if row.is_on_demand and not switches:
            raise invalid(definitions.NEITHER_UNITS)
        asked = definitions.provisioned_in(request)
        before = row.provisioned
        if not switches and (asked.read_units, asked.write_units) == (before.read_units, before.write_units):
            raise refusals.validation(
                "The provisioned throughput for the table will not change. The requested value equals the current "
                f"value. Current ReadCapacityUnits provisioned for the table: {before.read_units}. Requested "
                f"ReadCapacityUnits: {asked.read_units}. Current WriteCapacityUnits provisioned for the table: "
                f"{before.write_units}. Requested WriteCapacityUnits: {asked.write_units}. Refer to the Amazon "
                "DynamoDB Developer Guide for current limits and how to request higher limits."
            )
        after = Provisioned() if switches else before
        index_updates.check_decrease(call, row.arn, after, asked)
        applies.append(lambda: index_updates.set_units(call, row, "", asked))
    if request.get("OnDemandThroughput") is not None:
        if not row.is_on_demand and request.get("BillingMode") != "PAY_PER_REQUEST":
            raise invalid("OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST")
        most = definitions.most_in(request, row.most)
        applies.append(lambda: setattr(row, "most", most))
    if request.get("WarmThroughput") is not None:
        warm = definitions.warm_in(request, row.warm)
        applies.append(lambda: setattr(row, "warm", warm))
    return applies


# --- the rest


def _settings(call: Call, live: LiveTable, request: Mapping[str, Any]) -> list[Apply]:
    row = live.row
    applies: list[Apply] = []
    protected = request.get("DeletionProtectionEnabled")
    if protected is not None:
        applies.append(lambda: setattr(row, "is_protected", protected))
    table_class = request.get("TableClass")
    if table_class is not None:
        # "No more than two table class updates are allowed in a 30-day trailing period."
        if row.table_class_ms and call.now - row.table_class_ms < limits.TABLE_CLASS_CHANGES_MS // 2:
            raise AwsError(
                "LimitExceededException",
                "Subscriber limit exceeded: No more than two table class updates are allowed in a 30-day trailing "
                "period",
                facts=(call.fact(row.arn, "TableClass", row.table_class),),
            )

        def classify() -> None:
            row.table_class, row.table_class_ms = table_class, call.now

        applies.append(classify)
    return applies


def _encrypt(call: Call, live: LiveTable, given: Mapping[str, Any]) -> None:
    row = live.row
    wanted = encryption.checked_encryption(call, given)
    if (wanted.kind, wanted.key_arn) == (row.sse_type, row.sse_key_arn):
        raise invalid(
            "Table is already encrypted by given KMSMasterKey"
            if wanted.kind
            else "Table is already encrypted by default"
        )
    before = definitions.copied(row)
    encryption.seal(call, row, wanted)
    encryption.let_go(call, before)
    live.openers.clear()
    encryption.start_looking(call, row)


def _stream(call: Call, live: LiveTable, request: Mapping[str, Any]) -> list[Apply]:
    given = request.get("StreamSpecification")
    if given is None:
        return []
    row = live.row
    view = definitions.view_in(given)
    if view:
        if row.stream_view:
            raise AwsError("ValidationException", f"Table already has an enabled stream: TableName: {row.name}")
        return [lambda: start_stream(call, live, view)]
    if not row.stream_view:
        raise refusals.validation(f"Table already has its stream disabled: TableName: {row.name}")
    if row.replicas:
        raise refusals.validation("Streams cannot be disabled on a table that has replicas")
    return [lambda: stop_stream(call, live)]
