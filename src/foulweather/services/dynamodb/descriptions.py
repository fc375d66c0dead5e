"""Tables as the API describes them."""

from __future__ import annotations

from typing import Any

from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Index, Most, Provisioned, Warm


def described(live: LiveTable, now_ms: int) -> dict[str, Any]:
    """A TableDescription. Counts and sizes are those of up to six hours ago, as AWS's are."""
    row = live.row
    _count(live, now_ms)
    told: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in row.types.items()],
        "TableName": row.name,
        "KeySchema": schema_shape((row.hash_name,), (row.sort_name,) if row.sort_name else ()),
        "TableStatus": row.status,
        "CreationDateTime": row.created_ms,
        "ProvisionedThroughput": provisioned_shape(row.provisioned, now_ms),
        "TableSizeBytes": row.counted_bytes,
        "ItemCount": row.counted_items,
        "TableArn": row.arn,
        "TableId": row.id,
        "DeletionProtectionEnabled": row.is_protected,
        "WarmThroughput": {**warm_shape(live, None), "Status": "UPDATING" if row.status == "UPDATING" else "ACTIVE"},
    }
    if row.status == "DELETING":
        del told["WarmThroughput"]
    if row.is_on_demand or row.mode_changes_ms:
        summary: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST" if row.is_on_demand else "PROVISIONED"}
        if row.on_demand_since_ms:
            summary["LastUpdateToPayPerRequestDateTime"] = row.on_demand_since_ms
        told["BillingModeSummary"] = summary
    if row.is_on_demand and (row.most.read_units or row.most.write_units):
        told["OnDemandThroughput"] = most_shape(row.most)
    locals_ = [index_shape(live, index, now_ms) for index in row.indexes if not index.is_global]
    globals_ = [index_shape(live, index, now_ms) for index in row.indexes if index.is_global]
    if locals_:
        told["LocalSecondaryIndexes"] = locals_
    if globals_:
        told["GlobalSecondaryIndexes"] = globals_
    if row.stream_label:
        if row.stream_view:
            told["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": row.stream_view}
        told["LatestStreamLabel"] = row.stream_label
        told["LatestStreamArn"] = row.stream_arn
    if row.sse_type:
        sealed = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": row.sse_key_arn}
        told["SSEDescription"] = {
            **sealed,
            **({"InaccessibleEncryptionDateTime": row.key_lost_ms} if row.key_lost_ms else {}),
        }
    if row.table_class:
        classed: dict[str, Any] = {"TableClass": row.table_class}
        if row.table_class_ms:
            classed["LastUpdateDateTime"] = row.table_class_ms
        told["TableClassSummary"] = classed
    if row.restored_ms:
        restore: dict[str, Any] = {"RestoreDateTime": row.restored_ms, "RestoreInProgress": row.status == "CREATING"}
        if row.restored_from:
            restore["SourceTableArn"] = row.restored_from
        if row.restored_backup:
            restore["SourceBackupArn"] = row.restored_backup
        told["RestoreSummary"] = restore
    if row.replicas:
        told["GlobalTableVersion"] = "2019.11.21"
        told["Replicas"] = [{"RegionName": replica.region, "ReplicaStatus": replica.status} for replica in row.replicas]
    return told


def _count(live: LiveTable, now_ms: int) -> None:
    """Bring counts and sizes up to date, "approximately every six hours" (API reference, TableDescription)."""
    row = live.row
    since = row.counted_ms or row.created_ms
    if now_ms - since < limits.COUNTED_EVERY_MS:
        return
    row.counted_ms = now_ms - (now_ms - row.created_ms) % limits.COUNTED_EVERY_MS
    row.counted_items, row.counted_bytes = live.count, live.size_bytes
    for index in live.all_indexes:
        if index.row.status == "ACTIVE":
            index.row.counted_items = len(live.entries(index))
            index.row.counted_bytes = index.size_bytes
    live.state.tables.touch(row.name)


def index_shape(live: LiveTable, index: Index, now_ms: int) -> dict[str, Any]:
    """A secondary index's description."""
    row = live.row
    told: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": schema_shape(index.hash_names, index.sort_names),
        "Projection": projection_shape(index),
        "IndexSizeBytes": index.counted_bytes,
        "ItemCount": index.counted_items,
        "IndexArn": row.index_arn(index.name),
    }
    if index.is_global:
        told["IndexStatus"] = index.status
        if index.is_backfilling:
            told["Backfilling"] = True
        told["ProvisionedThroughput"] = provisioned_shape(index.provisioned, now_ms)
        told["WarmThroughput"] = {**warm_shape(live, index), "Status": "ACTIVE"}
        if row.is_on_demand and (index.most.read_units or index.most.write_units):
            told["OnDemandThroughput"] = most_shape(index.most)
    return told


def schema_shape(hashes: tuple[str, ...], sorts: tuple[str, ...]) -> list[dict[str, str]]:
    """A KeySchema."""
    return [
        *({"AttributeName": name, "KeyType": "HASH"} for name in hashes),
        *({"AttributeName": name, "KeyType": "RANGE"} for name in sorts),
    ]


def projection_shape(index: Index) -> dict[str, Any]:
    """A Projection."""
    told: dict[str, Any] = {"ProjectionType": index.projection}
    if index.attributes:
        told["NonKeyAttributes"] = list(index.attributes)
    return told


def provisioned_shape(held: Provisioned, now_ms: int) -> dict[str, Any]:
    """A ProvisionedThroughputDescription."""
    is_today = held.day == now_ms // limits.DAY_MS
    told: dict[str, Any] = {
        "NumberOfDecreasesToday": held.decreases_today if is_today else 0,
        "ReadCapacityUnits": held.read_units,
        "WriteCapacityUnits": held.write_units,
    }
    if held.increased_ms:
        told["LastIncreaseDateTime"] = held.increased_ms
    if held.decreased_ms:
        told["LastDecreaseDateTime"] = held.decreased_ms
    return told


def most_shape(most: Most) -> dict[str, int]:
    """An OnDemandThroughput."""
    return {"MaxReadRequestUnits": most.read_units or -1, "MaxWriteRequestUnits": most.write_units or -1}


def warm_shape(live: LiveTable, index: Index | None) -> dict[str, int]:
    """What a table or an index can take at once; on demand this grows with its partitions.

    "DynamoDB will automatically adjust warm throughput values as your usage increases."
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
    """
    holder = live.row if index is None else index
    warm: Warm = holder.warm
    if live.row.is_on_demand:
        meter = live.meter if index is None else live.indexes[index.name].meter
        count = 1 if meter is None else len(meter.partitions.all)
        read = max(limits.ON_DEMAND_READ_UNITS, count * limits.PARTITION_READ_UNITS)
        write = max(limits.ON_DEMAND_WRITE_UNITS, count * limits.PARTITION_WRITE_UNITS)
    else:
        read, write = holder.provisioned.read_units, holder.provisioned.write_units
    return {
        "ReadUnitsPerSecond": max(read, warm.read_units),
        "WriteUnitsPerSecond": max(write, warm.write_units),
    }
