"""Tables as a whole: made, described, listed, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.dynamodb import definitions, limits, refusals
from foulweather.services.dynamodb.creating import check_quotas, new_row
from foulweather.services.dynamodb.descriptions import described
from foulweather.services.dynamodb.encryption import checked_encryption, seal, start_looking
from foulweather.services.dynamodb.standing import stands
from foulweather.services.dynamodb.state import DynamoState, found
from foulweather.services.dynamodb.streaming import start_stream

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        CreateTableInput,
        CreateTableOutput,
        DeleteTableInput,
        DeleteTableOutput,
        DescribeTableInput,
        DescribeTableOutput,
        ListTablesInput,
        ListTablesOutput,
    )

LISTED_MAX = 100


@refusals.in_words
def create_table(call: Call, request: CreateTableInput) -> CreateTableOutput:
    """Make a table; it is ACTIVE some seconds later."""
    definitions.check_model(call, request)
    name = definitions.new_name(request)
    for member in ("AttributeDefinitions", "KeySchema"):
        if request.get(member) is None:
            raise refusals.detected(
                refusals.constraint(member[0].lower() + member[1:], None, "Member must not be null")
            )
    for member in ("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode"):
        if request.get(member) is not None:
            raise not_implemented("dynamodb", f"CreateTable.{member}")
    row = new_row(call, name, request)
    wanted = checked_encryption(call, request.get("SSESpecification"))
    state = call.state(DynamoState)
    if name in state.tables:
        raise refusals.table_exists(row.arn, name)
    check_quotas(call, state, row)
    seal(call, row, wanted)
    live = state.add(row, call.now)
    if view := definitions.view_in(request.get("StreamSpecification")):
        start_stream(call, live, view)
    call.changed("dynamodb.TableCreated", row.arn, **_facts(request))
    stands(call, live)
    call.later(call.now + limits.CREATE_MS, "dynamodb.table_created", table=name, table_id=row.id)
    start_looking(call, row)
    return {"TableDescription": described(live, call.now)}  # type: ignore[typeddict-item]


def _facts(request: Any) -> dict[str, Any]:
    """What was set, by name; units have names of their own, so that a Why finds who set them."""
    facts = dict(request)
    facts.update(request.get("ProvisionedThroughput") or {})
    return facts


def describe_table(call: Call, request: DescribeTableInput) -> DescribeTableOutput:
    """What a table is, and how it is doing."""
    live = found(call, request.get("TableName"))
    return {"Table": described(live, call.now)}  # type: ignore[typeddict-item]


def list_tables(call: Call, request: ListTablesInput) -> ListTablesOutput:
    """The account's tables in this Region, in order of name."""
    definitions.check_model(call, request)
    limit = request.get("Limit", LISTED_MAX)
    after = request.get("ExclusiveStartTableName", "")
    names = sorted(name for name in call.state(DynamoState).tables if name > after)
    result: ListTablesOutput = {"TableNames": names[:limit]}
    if len(names) > limit:
        result["LastEvaluatedTableName"] = names[limit - 1]
    return result


def delete_table(call: Call, request: DeleteTableInput) -> DeleteTableOutput:
    """Delete a table with its items and indexes; its stream can be read for another day."""
    live = found(call, request.get("TableName"))
    row = live.row
    if row.status == "DELETING":
        raise refusals.table_in_use(
            row.arn,
            f"Attempt to change a resource which is still in use: Table is being deleted: {row.name}",
            row.status,
        )
    if row.status in ("CREATING", "UPDATING"):
        doing = "created" if row.status == "CREATING" else "updated"
        raise refusals.table_in_use(
            row.arn,
            f"Attempt to change a resource which is still in use: Table is being {doing}: {row.name}",
            row.status,
        )
    if row.is_protected:
        raise refusals.validation(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first.",
            call.fact(row.arn, "DeletionProtectionEnabled", True),
            remedy=(f"aws dynamodb update-table --table-name {row.name} --no-deletion-protection-enabled",),
        )
    if row.replicas:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables.tutorial.html
        raise refusals.validation(
            f"Table {row.name} has replicas in {', '.join(replica.region for replica in row.replicas)}: "
            "remove the replicas from the global table first",
            remedy=(
                f"aws dynamodb update-table --table-name {row.name} "
                f'--replica-updates \'[{{"Delete":{{"RegionName":"{row.replicas[0].region}"}}}}]\'',
            ),
        )
    row.status = "DELETING"
    live.state.configured(live, call.now)
    call.changed("dynamodb.TableDeleted", row.arn, TableName=row.name, TableStatus="DELETING")
    call.later(call.now + limits.DELETE_MS, "dynamodb.table_deleted", table=row.name, table_id=row.id)
    told = described(live, call.now)
    for name in (
        "AttributeDefinitions",
        "KeySchema",
        "CreationDateTime",
        "LocalSecondaryIndexes",
        "GlobalSecondaryIndexes",
    ):
        told.pop(name, None)
    return {"TableDescription": told}  # type: ignore[typeddict-item]
