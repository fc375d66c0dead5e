"""Replicas of global tables (version 2019.11.21), as UpdateTable makes and removes them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.dynamodb import definitions, limits
from foulweather.services.dynamodb.encryption import AWS_MANAGED, Wanted, described_key, is_managed, seal, start_looking
from foulweather.services.dynamodb.live import LiveTable
from foulweather.services.dynamodb.records import Replica
from foulweather.services.dynamodb.refusals import invalid
from foulweather.services.dynamodb.state import DynamoState
from foulweather.services.dynamodb.streaming import start_stream

# What AWS keeps the same in every replica; changing it here alone would be a lie.
SHARED = (
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "OnDemandThroughput",
    "WarmThroughput",
)
OVERRIDES = ("ProvisionedThroughputOverride", "OnDemandThroughputOverride", "GlobalSecondaryIndexes")


def checked(call: Call, live: LiveTable, request: Mapping[str, Any]) -> list[Callable[[], None]]:
    """What ReplicaUpdates does, checked."""
    updates = request.get("ReplicaUpdates")
    if updates is None:
        for name in SHARED:
            if live.row.replicas and request.get(name) is not None:
                raise not_implemented("dynamodb", f"UpdateTable.{name} (of a global table)")
        return []
    if len(updates) != 1:
        raise invalid("Only one replica update can be made at a time")
    ((kind, given),) = updates[0].items()
    if kind == "Update":
        raise not_implemented("dynamodb", "UpdateTable.ReplicaUpdates.Update")
    region = given["RegionName"]
    if kind == "Create":
        for name in OVERRIDES:
            if given.get(name) is not None:
                raise not_implemented("dynamodb", f"UpdateTable.ReplicaUpdates.Create.{name}")
        return [_create(call, live, region, given)]
    return [_delete(call, live, region)]


def _create(call: Call, live: LiveTable, region: str, given: Mapping[str, Any]) -> Callable[[], None]:
    row, table_class = live.row, given.get("TableClassOverride", "")
    if region == row.region or any(replica.region == region for replica in row.replicas):
        raise invalid(f"Replica already exists in region: {region}")
    if row.stream_view != "NEW_AND_OLD_IMAGES":
        raise invalid("Table must have a stream with the view type NEW_AND_OLD_IMAGES to have replicas")
    there = call.state(DynamoState, row.account, region)
    if row.name in there.tables:
        raise AwsError(
            "ResourceInUseException",
            f"Failed to create a replica in {region}: a table of the name {row.name} already exists there",
        )

    key = given.get("KMSMasterKeyId")
    if key is None and row.sse_key_arn and not is_managed(call, row):
        raise invalid(f"KMSMasterKeyId must be specified for the replica in {region}")
    if key is not None and not row.sse_type:
        raise invalid("KMSMasterKeyId can only be specified when SSE is enabled")
    wanted = Wanted("KMS", described_key(call, key or AWS_MANAGED, region)) if row.sse_type else Wanted()

    def apply() -> None:
        copy = definitions.copied(row)
        copy.id, copy.number, copy.region = call.world.ids.uuid(), there.next_number(), region
        seal(call, copy, wanted)
        copy.status, copy.created_ms, copy.policy, copy.policy_revision = "CREATING", call.now, "", ""
        copy.ttl_status, copy.tags, copy.is_protected = row.ttl_status, {}, False
        copy.counted_ms = copy.counted_items = copy.counted_bytes = 0
        copy.recovery_since_ms = copy.recovery_days = 0
        copy.table_class = table_class or row.table_class
        copy.replicas = [Replica(row.region, "ACTIVE", call.now), *copy.replicas]
        made = there.add(copy, call.now)
        start_stream(call, made, "NEW_AND_OLD_IMAGES")
        start_looking(call, copy)
        row.replicas = [*row.replicas, Replica(region, "CREATING", call.now, table_class)]
        row.status = "UPDATING"
        for peer in _others(call, live, region):
            peer.row.replicas = [*peer.row.replicas, Replica(region, "CREATING", call.now, table_class)]
            peer.state.configured(peer, call.now)
        when_ms = call.now + limits.RESTORE_MS + live.count * 1000 // limits.BACKFILL_ITEMS_PER_S
        call.later(when_ms, "dynamodb.replica_created", table=row.name, table_id=row.id, replica=region)

    return apply


def _delete(call: Call, live: LiveTable, region: str) -> Callable[[], None]:
    row = live.row
    held = next((replica for replica in row.replicas if replica.region == region), None)
    if held is None:
        raise AwsError("ReplicaNotFoundException", f"Replica not found in region: {region}")
    if held.status != "ACTIVE":
        raise AwsError("ResourceInUseException", f"Replica in region {region} is {held.status}")

    def apply() -> None:
        held.status = "DELETING"
        row.status = "UPDATING"
        there = call.state(DynamoState, row.account, region).table(row.name, call.now)
        if there is not None:
            there.row.status = "DELETING"
            there.state.configured(there, call.now)
        call.later(
            call.now + limits.INDEX_DELETE_MS,
            "dynamodb.replica_deleted",
            table=row.name,
            table_id=row.id,
            replica=region,
        )

    return apply


def _others(call: Call, live: LiveTable, but: str) -> list[LiveTable]:
    """The other tables of the group."""
    found = (
        call.state(DynamoState, live.row.account, replica.region).table(live.row.name, call.now)
        for replica in live.row.replicas
        if replica.region != but
    )
    return [each for each in found if each is not None]


def group_of(call: Call, live: LiveTable) -> list[LiveTable]:
    """Every table of a global table's group, this one first."""
    return [live, *_others(call, live, "")]
