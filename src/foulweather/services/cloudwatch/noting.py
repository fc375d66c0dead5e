"""What each event of the services adds to the tallies of its minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.services.cloudwatch import bucket_requests
from foulweather.services.cloudwatch.families import FAMILIES
from foulweather.services.cloudwatch.measures import USAGE_NAMES, bucket_metric, table_metric
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.series import MINUTE_MS
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]

_NOT_USERS = {
    "ProvisionedThroughputExceededException", "ThrottlingException", "ConditionalCheckFailedException",
    "TransactionConflictException", "InternalServerError", "NotImplemented", "RequestLimitExceeded",
}  # fmt: skip
STORAGE_TYPES = {
    "STANDARD": "StandardStorage",
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
    "GLACIER": "GlacierStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
}


def _simple(value: Callable[[dict[str, Any]], float] | None = None) -> Note:
    def note(world: World, tallies: Tallies, event: Event) -> None:
        counted = 1 if value is None else value(event.facts)
        tallies.add((event.kind, event.account, event.region, event.resource, ""), counted)

    return note


# --- SQS


def _owner(tallies: Tallies, event: Event) -> tuple[str, str]:
    """Where a queue is: a metric belongs to the account that owns the resource."""
    found = tallies.places.get(event.resource)
    if found is None:
        _, _, _, region, account, _ = event.resource.split(":", 5)
        found = tallies.places[event.resource] = (account, region)
    return found


def _sent(world: World, tallies: Tallies, event: Event) -> None:
    arn, at_ms, facts = event.resource, event.at_ms, event.facts
    account, region = tallies.places.get(arn) or _owner(tallies, event)
    tallies.add(("sqs.MessageSent", account, region, arn, ""), facts["bytes"])
    tallies.depth(arn, at_ms).arrived(at_ms, facts.get("delay_s", 0))


def _received(world: World, tallies: Tallies, event: Event) -> None:
    count = event.facts["count"]
    tallies.add((event.kind, *_owner(tallies, event), event.resource, ""), count)
    depth = tallies.depth(event.resource, event.at_ms)
    depth.received(event.at_ms, count, event.facts.get("visibility_s"))


def _visibility(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    tallies.depth(event.resource, event.at_ms).revised(event.at_ms, facts["was_ms"], facts["until_ms"])


def _empty(world: World, tallies: Tallies, event: Event) -> None:
    tallies.add((event.kind, *_owner(tallies, event), event.resource, ""), 1)
    tallies.depth(event.resource, event.at_ms).touched_ms = event.at_ms


def _deleted(world: World, tallies: Tallies, event: Event) -> None:
    tallies.add((event.kind, *_owner(tallies, event), event.resource, ""), 1)
    facts = event.facts
    tallies.depth(event.resource, event.at_ms).left(event.at_ms, 1, facts["sent_ms"], facts["visible_ms"])


def _deleted_again(world: World, tallies: Tallies, event: Event) -> None:
    # "Every successful deletion operation that uses a valid receipt handle, including duplicate deletions."
    tallies.add(("sqs.MessageDeleted", *_owner(tallies, event), event.resource, ""), 1)


def _expired(world: World, tallies: Tallies, event: Event) -> None:
    tallies.depth(event.resource, event.at_ms).left(event.at_ms, event.facts["count"])


def _moved(world: World, tallies: Tallies, event: Event) -> None:
    tallies.depth(event.resource, event.at_ms).left(event.at_ms, 1)
    # "The metric for a dead-letter queue is when the message moved to it, not when it was first sent."
    tallies.depth(event.facts["target"], event.at_ms).arrived(event.at_ms, 0)


def _purged(world: World, tallies: Tallies, event: Event) -> None:
    tallies.depth(event.resource, event.at_ms).emptied(event.at_ms)


def _queue_set(world: World, tallies: Tallies, event: Event) -> None:
    depth = tallies.depth(event.resource, event.at_ms)
    depth.is_gone = False
    depth.visibility_s = int(event.facts.get("VisibilityTimeout", depth.visibility_s))
    tallies.depths.touch(event.resource)


def _queue_gone(world: World, tallies: Tallies, event: Event) -> None:
    depth = tallies.depths.get(event.resource)
    tallies.end(depth, event.at_ms)
    if depth is not None:
        depth.emptied(event.at_ms)


# --- SNS


def _filtered(world: World, tallies: Tallies, event: Event) -> None:
    reason = event.facts.get("reason") or ""
    tallies.add((event.kind, event.account, event.region, event.resource, reason), 1)


# --- DynamoDB


def _consumed(world: World, tallies: Tallies, event: Event) -> None:
    facts, arn = event.facts, event.resource
    account, region = event.account, event.region
    direction, milli = ("Write", facts["write_milli"]) if "write_milli" in facts else ("Read", facts["read_milli"])
    kind = f"dynamodb.Consumed{direction}"
    tallies.add((kind, account, region, arn, ""), milli / 1000)
    indexes: dict[str, int] = facts.get("indexes") or {}
    for index, used in indexes.items():
        tallies.add((kind, account, region, arn, index), used / 1000)
    if facts.get("returned") is not None and facts["operation"] in ("Query", "Scan"):
        tallies.add(("dynamodb.Returned", account, region, arn, facts["operation"]), facts["returned"])


def _throttled(world: World, tallies: Tallies, event: Event) -> None:
    facts, arn = event.facts, event.resource
    direction = facts["direction"].capitalize()
    kind = facts["reason"].removeprefix("Table").removeprefix("Index").removeprefix(direction).removesuffix("Exceeded")
    tallies.add((event.kind, event.account, event.region, arn, f"{direction}/{kind}/{facts['index']}"), 1)
    tallies.add(("dynamodb.ThrottledRequests", event.account, event.region, arn, facts["operation"]), 1)


def _cancelled(world: World, tallies: Tallies, event: Event) -> None:
    conflicts = sum(code == "TransactionConflict" for code in event.facts["reasons"])
    if conflicts:
        tallies.add(("dynamodb.TransactionConflict", event.account, event.region, event.resource, ""), conflicts)


def _records_read(world: World, tallies: Tallies, event: Event) -> None:
    place = (event.account, event.region, event.resource, "")
    tallies.add(("dynamodb.ReturnedBytes", *place), event.facts["bytes"])
    tallies.add(("dynamodb.ReturnedRecords", *place), event.facts["returned"])


def _replicated(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    tallies.add((event.kind, event.account, facts["origin"], event.resource, facts["receiving"]), facts["latency_ms"])


def _capacity(world: World, tallies: Tallies, event: Event) -> None:
    table, _, index = event.resource.partition(":table/")[2].partition("/index/")
    is_on_demand = event.facts.get("BillingMode") == "PAY_PER_REQUEST"
    for direction in ("Read", "Write"):
        key = f"{event.resource}/{direction}"
        units = event.facts.get(f"{direction}CapacityUnits")
        if is_on_demand:
            tallies.end(tallies.gauges.get(key), event.at_ms)
        elif units is not None:
            metric = table_metric(table, f"Provisioned{direction}CapacityUnits", index)
            place = (event.account, event.region)
            tallies.gauge(key, event.at_ms, metric, "Count", place).value = int(units)


def _table_gone(world: World, tallies: Tallies, event: Event) -> None:
    for key in [key for key in tallies.gauges if key.startswith(f"{event.resource}/")]:
        tallies.end(tallies.gauges[key], event.at_ms)


# --- KMS


def _material(world: World, tallies: Tallies, event: Event) -> None:
    until_ms = event.facts.get("ValidTo")
    if not until_ms:
        _material_gone(world, tallies, event)
        return
    pairs = (("KeyId", event.resource.rpartition("/")[2]),)
    metric = Metric("AWS/KMS", "SecondsUntilKeyMaterialExpiration", pairs)
    _, _, _, region, account, _ = event.resource.split(":", 5)
    gauge = tallies.gauge(event.resource, event.at_ms, metric, "Seconds", (account, region), 1)
    gauge.zero_ms = int(until_ms)
    tallies.show_gauge(gauge)


def _material_gone(world: World, tallies: Tallies, event: Event) -> None:
    tallies.end(tallies.gauges.get(event.resource), event.at_ms)


# --- S3


def _stored(tallies: Tallies, event: Event, storage_class: str, size: int, count: int) -> None:
    bucket = event.facts["bucket"]
    kind = STORAGE_TYPES.get(storage_class, "StandardStorage")
    changes = (("BucketSizeBytes", kind, "Bytes", size), ("NumberOfObjects", "AllStorageTypes", "Count", count))
    for name, storage, unit, change in changes:
        key = f"s3/{bucket}/{storage}"
        gauge = tallies.gauges.get(key)
        if gauge is None or gauge.sampled_minute < event.at_ms // MINUTE_MS - 1:
            metric = bucket_metric(bucket, name, StorageType=storage)
            gauge = tallies.gauge(key, event.at_ms, metric, unit, (event.account, event.region), 1440)
        gauge.value = max(0, gauge.value + change)
        gauge.changes += 1
        tallies.gauges.touch(key)


def _created(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    was_class = facts.get("was_class")
    if was_class == facts["storage_class"] and facts["was_size"] == facts["size"]:
        return  # as much of the same as before
    _stored(tallies, event, facts["storage_class"], facts["size"], 1)
    if was_class:
        _stored(tallies, event, facts["was_class"], -facts["was_size"], -1)


def _removed(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    if not facts["how"].endswith("MarkerCreated"):
        _stored(tallies, event, facts["storage_class"], -facts["size"], -1)


def _bucket_gone(world: World, tallies: Tallies, event: Event) -> None:
    bucket = event.resource.rpartition(":")[2]
    bucket_requests.forget(tallies, bucket)
    for key in [key for key in tallies.gauges if key.startswith(f"s3/{bucket}/")]:
        tallies.end(tallies.gauges[key], event.at_ms)
        tallies.gauges[key].value = 0


# --- every service


def _called(world: World, tallies: Tallies, event: Event) -> None:
    facts = event.facts
    service = facts["service"]
    if service in USAGE_NAMES:
        tallies.add(("usage.Call", event.account, event.region, service, facts["operation"]), 1)
        if service == "dynamodb" and (code := facts["error"]):
            if code == "InternalServerError":
                place = (event.account, event.region, event.resource, facts["operation"])
                tallies.add(("dynamodb.SystemErrors", *place), 1)
            elif code not in _NOT_USERS:
                tallies.add(("dynamodb.UserErrors", event.account, event.region, "", ""), 1)
    elif service == "s3" and facts["error"]:
        bucket_requests.refused(world, tallies, event)


def _call_throttled(world: World, tallies: Tallies, event: Event) -> None:
    service, _, operation = event.facts["operation"].partition(":")
    if service in USAGE_NAMES:
        tallies.add(("usage.Throttled", event.account, event.region, service, operation), 1)


NOTES: dict[str, Note] = {
    "sqs.MessageSent": _sent,
    "sqs.MessageReceived": _received,
    "sqs.MessageVisibilityChanged": _visibility,
    "sqs.EmptyReceive": _empty,
    "sqs.MessageDeleted": _deleted,
    "sqs.DeletionRepeated": _deleted_again,
    "sqs.MessageDeduplicated": _simple(),
    "sqs.MessageExpired": _expired,
    "sqs.MessageMoved": _moved,
    "sqs.MessageDeadLettered": _moved,
    "sqs.QueuePurged": _purged,
    "sqs.QueueCreated": _queue_set,
    "sqs.QueueAttributesSet": _queue_set,
    "sqs.QueueDeleted": _queue_gone,
    "sns.MessagePublished": _simple(lambda facts: facts["bytes"]),
    "sns.NotificationDelivered": _simple(),
    "sns.NotificationFailed": _simple(),
    "sns.NotificationFilteredOut": _filtered,
    "sns.NotificationRedrivenToDlq": _simple(),
    "sns.NotificationFailedToRedriveToDlq": _simple(),
    "dynamodb.Consumed": _consumed,
    "dynamodb.Throttled": _throttled,
    "dynamodb.ConditionalCheckFailed": _simple(),
    "dynamodb.TransactionCancelled": _cancelled,
    "dynamodb.TimeToLiveDeleted": _simple(lambda facts: facts["count"]),
    "dynamodb.RecordsRead": _records_read,
    "dynamodb.Replicated": _replicated,
    "dynamodb.TableCreated": _capacity,
    "dynamodb.TableUpdated": _capacity,
    "dynamodb.IndexCreated": _capacity,
    "dynamodb.IndexUpdated": _capacity,
    "dynamodb.IndexDeleting": _table_gone,
    "dynamodb.TableDeleted": _table_gone,
    "kms.KeyMaterialImported": _material,
    "kms.KeyMaterialDeleted": _material_gone,
    "kms.ImportedKeyMaterialExpired": _material_gone,
    "kms.KeyDeleted": _material_gone,
    "s3.ObjectCreated": _created,
    "s3.ObjectRemoved": _removed,
    "s3.BucketDeleted": _bucket_gone,
    "api.Call": _called,
    "api.Throttled": _call_throttled,
    **bucket_requests.NOTES,
}
for _family in FAMILIES:
    NOTES.update(_family.NOTES)
