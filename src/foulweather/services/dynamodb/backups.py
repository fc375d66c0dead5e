"""On-demand backups: made, described, listed, deleted, restored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import definitions, limits
from foulweather.services.dynamodb.descriptions import described, projection_shape, schema_shape
from foulweather.services.dynamodb.records import Backup, TableRow
from foulweather.services.dynamodb.restoring import restored, target_name
from foulweather.services.dynamodb.state import NUMBER_DIGITS, DynamoState, named

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        CreateBackupInput,
        CreateBackupOutput,
        DeleteBackupInput,
        DeleteBackupOutput,
        DescribeBackupInput,
        DescribeBackupOutput,
        ListBackupsInput,
        ListBackupsOutput,
        RestoreTableFromBackupInput,
        RestoreTableFromBackupOutput,
    )

LISTED_MAX = 100


def create_backup(call: Call, request: CreateBackupInput) -> CreateBackupOutput:
    """Keep a table as it is now, until the backup is deleted."""
    definitions.check_model(call, request)
    state, name, arn = named(call, request.get("TableName"))
    live = state.table(name, call.now)
    if live is None:
        raise AwsError("TableNotFoundException", f"Table not found: {name}", facts=(Fact(arn, "exists", False),))
    if live.row.status not in ("ACTIVE", "UPDATING"):
        raise AwsError(
            "TableInUseException",
            f"Table is being {'created' if live.row.status == 'CREATING' else 'deleted'}: {name}",
            facts=(Fact(arn, "TableStatus", live.row.status),),
        )
    backup_arn = f"{arn}/backup/{call.now:014d}-{call.world.ids.hex(8)}"
    number = state.next_number()
    for key in live.sorted_keys():
        state.backup_items.put(number + key[NUMBER_DIGITS:], live.items[key])
    row = definitions.copied(live.row)
    backup = Backup(backup_arn, request["BackupName"], number, row, call.now, live.size_bytes, live.count)
    state.backups.put(backup_arn, backup)
    call.later(call.now + limits.BACKUP_MS, "dynamodb.backup_made", arn=backup_arn)
    call.changed("dynamodb.BackupCreated", backup_arn, BackupName=backup.name, TableName=name)
    call.happened("dynamodb.BackupStanding", arn, backup=backup_arn, bytes=backup.size_bytes)
    return {"BackupDetails": _details(backup)}  # type: ignore[typeddict-item]


def describe_backup(call: Call, request: DescribeBackupInput) -> DescribeBackupOutput:
    """A backup, and the table as it was."""
    definitions.check_model(call, request)
    return {"BackupDescription": _description(_located(call, request["BackupArn"]), call.now)}  # type: ignore[typeddict-item]


def delete_backup(call: Call, request: DeleteBackupInput) -> DeleteBackupOutput:
    """Delete a backup with its items."""
    definitions.check_model(call, request)
    backup = _located(call, request["BackupArn"])
    if backup.status == "CREATING":
        raise AwsError("BackupInUseException", f"Backup is being created: {backup.arn}")
    state = call.state(DynamoState)
    state.backups.delete(backup.arn)
    for key in [key for key in state.backup_items if key.startswith(backup.number)]:
        state.backup_items.delete(key)
    backup.status = "DELETED"
    call.changed("dynamodb.BackupDeleted", backup.arn, BackupName=backup.name)
    call.happened("dynamodb.BackupStanding", backup.table.arn, backup=backup.arn, bytes=-backup.size_bytes)
    return {"BackupDescription": _description(backup, call.now)}  # type: ignore[typeddict-item]


def list_backups(call: Call, request: ListBackupsInput) -> ListBackupsOutput:
    """The account's backups in this Region, or those of one table, in order of time."""
    definitions.check_model(call, request)
    state = call.state(DynamoState)
    found = sorted(state.backups.values(), key=lambda backup: (backup.created_ms, backup.arn))
    table = request.get("TableName")
    if table is not None:
        _, table, _ = named(call, table)
    lower, upper = request.get("TimeRangeLowerBound"), request.get("TimeRangeUpperBound")
    found = [
        backup
        for backup in found
        if (table is None or backup.table.name == table)
        and (lower is None or backup.created_ms >= lower)  # pyright: ignore[reportOperatorIssue]
        and (upper is None or backup.created_ms < upper)  # pyright: ignore[reportOperatorIssue]
        and request.get("BackupType", "USER") in ("USER", "ALL")
    ]
    after = request.get("ExclusiveStartBackupArn")
    if after is not None:
        places = [place for place, backup in enumerate(found) if backup.arn == after]
        found = found[places[0] + 1 :] if places else []
    size = request.get("Limit", LISTED_MAX)
    result: dict[str, Any] = {"BackupSummaries": [_summary(backup) for backup in found[:size]]}
    if len(found) > size:
        result["LastEvaluatedBackupArn"] = found[size - 1].arn
    return result  # type: ignore[return-value]


def restore_table_from_backup(call: Call, request: RestoreTableFromBackupInput) -> RestoreTableFromBackupOutput:
    """Make a new table of a backup."""
    definitions.check_model(call, request)
    name = target_name(call, request)
    backup = _located(call, request["BackupArn"])
    if backup.status != "AVAILABLE":
        raise AwsError("BackupInUseException", f"Backup is being created: {backup.arn}")
    items = call.state(DynamoState).backup_items
    rows = [(key, row) for key, row in items.items() if key.startswith(backup.number)]
    live = restored(call, backup.table, name, rows, request)
    live.row.restored_backup = backup.arn
    live.state.tables.touch(name)
    return {"TableDescription": described(live, call.now)}  # type: ignore[typeddict-item]


def _located(call: Call, arn: str) -> Backup:
    backup = call.state(DynamoState).backups.get(arn)
    if backup is None:
        raise AwsError("BackupNotFoundException", f"Backup not found: {arn}", facts=(Fact(arn, "exists", False),))
    return backup


def _details(backup: Backup) -> dict[str, Any]:
    return {
        "BackupArn": backup.arn,
        "BackupName": backup.name,
        "BackupSizeBytes": backup.size_bytes,
        "BackupStatus": backup.status,
        "BackupType": "USER",
        "BackupCreationDateTime": backup.created_ms,
    }


def _summary(backup: Backup) -> dict[str, Any]:
    row = backup.table
    return {**_details(backup), "TableName": row.name, "TableId": row.id, "TableArn": row.arn}


def _description(backup: Backup, now_ms: int) -> dict[str, Any]:
    row: TableRow = backup.table
    source: dict[str, Any] = {
        "TableName": row.name,
        "TableId": row.id,
        "TableArn": row.arn,
        "TableSizeBytes": backup.size_bytes,
        "KeySchema": schema_shape((row.hash_name,), (row.sort_name,) if row.sort_name else ()),
        "TableCreationDateTime": row.created_ms,
        "ProvisionedThroughput": {
            "ReadCapacityUnits": row.provisioned.read_units,
            "WriteCapacityUnits": row.provisioned.write_units,
        },
        "ItemCount": backup.items,
        "BillingMode": "PAY_PER_REQUEST" if row.is_on_demand else "PROVISIONED",
    }
    features: dict[str, Any] = {}
    for member, is_global in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", True)):
        indexes = [index for index in row.indexes if index.is_global == is_global]
        if indexes:
            features[member] = [
                {
                    "IndexName": index.name,
                    "KeySchema": schema_shape(index.hash_names, index.sort_names),
                    "Projection": projection_shape(index),
                }
                for index in indexes
            ]
    if row.stream_view:
        features["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": row.stream_view}
    if row.ttl_attribute:
        features["TimeToLiveDescription"] = {"TimeToLiveStatus": row.ttl_status, "AttributeName": row.ttl_attribute}
    return {"BackupDetails": _details(backup), "SourceTableDetails": source, "SourceTableFeatureDetails": features}
