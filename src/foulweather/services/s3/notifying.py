"""Notifications on their way: to queues, topics and functions, as S3, on behalf of the bucket."""

from __future__ import annotations

import inspect
from typing import Any, Final

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.ports import Ports
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import notification_records
from foulweather.services.s3.notification_rules import targets
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.storage_classes import ARCHIVE_TIERS
from foulweather.world.journal import Event
from foulweather.world.world import World

PRINCIPAL: Final = "s3.amazonaws.com"
# "Typically, event notifications are delivered in seconds but can sometimes take a minute or longer."
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
LAG_MS: Final = 1000
# AWS does not tell how it repeats deliveries that fail by no fault of the destination's policy.
RETRIES_MS: Final = (5_000, 30_000, 120_000, 600_000)
SUBJECT: Final = "Amazon S3 Notification"

_NAMES: Final = {
    ("s3.ObjectRemoved", "Delete"): "s3:ObjectRemoved:Delete",
    ("s3.ObjectRemoved", "DeleteMarkerCreated"): "s3:ObjectRemoved:DeleteMarkerCreated",
    ("s3.ObjectRemoved", "LifecycleDelete"): "s3:LifecycleExpiration:Delete",
    ("s3.ObjectRemoved", "LifecycleDeleteMarkerCreated"): "s3:LifecycleExpiration:DeleteMarkerCreated",
}
_KINDS: Final = {
    "s3.RestoreInitiated": "s3:ObjectRestore:Post",
    "s3.RestoreCompleted": "s3:ObjectRestore:Completed",
    "s3.RestoreExpired": "s3:ObjectRestore:Delete",
    "s3.ObjectTransitioned": "s3:LifecycleTransition",
    "s3.ObjectTaggingPut": "s3:ObjectTagging:Put",
    "s3.ObjectTaggingDeleted": "s3:ObjectTagging:Delete",
    "s3.ObjectAclPut": "s3:ObjectAcl:Put",
    "s3.ReplicationFailed": "s3:Replication:OperationFailedReplication",
    "s3.ReplicationMissedThreshold": "s3:Replication:OperationMissedThreshold",
    "s3.ReplicatedAfterThreshold": "s3:Replication:OperationReplicatedAfterThreshold",
}
# What EventBridge calls the events: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
_DETAIL_TYPES: Final = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "LifecycleExpiration": "Object Deleted",
    "LifecycleTransition": "Object Storage Class Changed",
    "IntelligentTiering": "Object Access Tier Changed",
    "ObjectAcl": "Object ACL Updated",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectRestore:Delete": "Object Restore Expired",
}


def name_of(event: Event) -> str:
    """The notification's name of something that happened; empty where S3 notifies nobody of it."""
    facts = event.facts
    if event.kind == "s3.ObjectCreated":
        return f"s3:ObjectCreated:{facts['how']}"
    if event.kind == "s3.ObjectRemoved":
        return _NAMES.get((event.kind, facts["how"]), "")
    if event.kind == "s3.TierChanged":
        return "s3:IntelligentTiering" if facts["tier"] in ARCHIVE_TIERS else ""
    return _KINDS.get(event.kind, "")


def notify(world: World, bucket: Bucket, event: Event) -> None:
    """Send an event to whoever is to be notified of it, in a moment."""
    configuration: dict[str, Any] = bucket.settings["notification"]
    name = name_of(event)
    if not name:
        return
    met = [target for target in targets(configuration) if target.meets(name, event.facts["key"])]
    if met or "EventBridgeConfiguration" in configuration:
        world.agenda.at(
            event.at_ms + LAG_MS,
            "s3.notify",
            {
                "bucket": bucket.name,
                "event": _as_row(event),
                "name": name,
                "to": [[target.id, target.arn] for target in met],
                "bridges": "EventBridgeConfiguration" in configuration,
            },
            account=bucket.account,
            region=bucket.region,
            # What a function's object sets off is part of the function's trace: so loops are found.
            trace_id=world.state(Traces).trace_of(event.request_id),
        )


def _as_row(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "at_ms": event.at_ms,
        "kind": event.kind,
        "principal": event.principal,
        "request_id": event.request_id,
        "facts": event.facts,
    }


def event_of(call: Call, bucket: Bucket, row: dict[str, Any]) -> Event:
    """An event again, out of the agenda."""
    return Event(
        row["seq"],
        row["at_ms"],
        row["kind"],
        call.account,
        call.region,
        f"{bucket.arn}/{row['facts']['key']}",
        row["principal"],
        row["request_id"],
        row["facts"],
    )


def bridge(call: Call, bucket: Bucket, event: Event, name: str) -> None:
    """Keep what EventBridge is told in the journal, where it is read: it is delivered by no other way."""
    short = name.removeprefix("s3:")
    detail_type = _DETAIL_TYPES.get(short) or _DETAIL_TYPES.get(short.partition(":")[0])
    if detail_type is None:  # replication's events do not go to EventBridge
        return
    facts = event.facts
    described: dict[str, Any] = {"key": facts["key"], "sequencer": notification_records.sequencer(event)}
    for member, fact in (("size", "size"), ("etag", "etag"), ("version-id", "version_id")):
        if facts.get(fact) and (member != "version-id" or bucket.versioning):
            described[member] = facts[fact]
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": described,
        "request-id": event.request_id,
        "requester": event.principal,
    }
    if detail_type == "Object Created":
        detail["reason"] = {"Copy": "CopyObject", "Post": "POST Object"}.get(facts["how"], facts["how"])
        detail["reason"] = "PutObject" if facts["how"] == "Put" else detail["reason"]
    elif detail_type == "Object Deleted":
        is_lifecycle = facts["how"].startswith("Lifecycle")
        detail["reason"] = "Lifecycle Expiration" if is_lifecycle else "DeleteObject"
        detail["deletion-type"] = (
            "Delete Marker Created" if facts["how"].endswith("MarkerCreated") else "Permanently Deleted"
        )
    elif detail_type == "Object Storage Class Changed":
        detail["destination-storage-class"] = facts["storage_class"]
    elif detail_type == "Object Access Tier Changed":
        detail["destination-access-tier"] = facts["tier"]
    call.happened("s3.EventBridgeEvent", bucket.arn, source="aws.s3", detail_type=detail_type, detail=detail)


def send(call: Call, bucket: Bucket, arn: str, text: str, subject: str = SUBJECT) -> Any:
    """Send a message to a queue or topic, or invoke a function with it; what it gives may have to be awaited."""
    _, _, service, region, account, name = arn.split(":", 5)
    ports = _acting_for(call, bucket, account, region)
    if service == "lambda":
        return ports.lambda_.invoke({"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()})
    if service == "sqs":
        url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
        return ports.sqs.send_message({"QueueUrl": url, "MessageBody": text})
    return ports.sns.publish({"TopicArn": arn, "Message": text, "Subject": subject})


def _acting_for(call: Call, bucket: Bucket, account: str, region: str) -> Ports:
    return call.acting_as(
        PRINCIPAL, source_arn=bucket.arn, source_account=bucket.account, account=account, region=region
    )


def send_test(call: Call, bucket: Bucket, arn: str) -> Any:
    """Send the message by which S3 finds out whether it may; a function gets none, its policy is asked."""
    _, _, service, region, account, _ = arn.split(":", 5)
    if service == "lambda":
        return _acting_for(call, bucket, account, region).lambda_.invoke(
            {"FunctionName": arn, "InvocationType": "DryRun"}
        )
    return send(call, bucket, arn, notification_records.test_event(bucket, call.now, call.request_id))


async def deliver(
    call: Call, bucket: Bucket, row: dict[str, Any], name: str, to: list[list[str]], attempt: int
) -> None:
    """Notify each destination; one that does not take it is tried again, unless it refuses."""
    event = event_of(call, bucket, row)
    again: list[list[str]] = []
    for configuration_id, arn in to:
        text = notification_records.envelope([record_of(call.pipeline, bucket, event, name, configuration_id)])
        try:
            answer = send(call, bucket, arn, text)
            if inspect.isawaitable(answer):
                await answer
        except AwsError as error:
            is_final = error.senders_fault or attempt >= len(RETRIES_MS)
            if not is_final:
                again.append([configuration_id, arn])
            _explain(call, bucket, event, name, arn, error, is_final=is_final)
        else:
            call.happened("s3.NotificationDelivered", bucket.arn, bucket=bucket.name, destination=arn, event=name)
    if again:
        call.reread_clock()
        when_ms = call.now + RETRIES_MS[attempt]
        call.later(when_ms, "s3.notify", bucket=bucket.name, event=row, name=name, to=again, attempt=attempt + 1)


def record_of(pipeline: Pipeline, bucket: Bucket, event: Event, name: str, configuration_id: str) -> dict[str, Any]:
    """The record of an event for one destination."""
    return notification_records.record(pipeline, bucket, event, name, configuration_id)


def _explain(call: Call, bucket: Bucket, event: Event, name: str, arn: str, error: AwsError, *, is_final: bool) -> None:
    decision = "dropped" if is_final else "delayed"
    cause = f"The notification {name} of {event.facts['key']!r} in {bucket.name} was {decision}: {arn} did not take it."
    facts = (Fact(bucket.arn, "destination", arn), Fact(arn, "answer", error.code))
    call.explain("Notify", bucket.arn, Why(decision, cause, facts, (), (error.why,)), error.code)
    if is_final:
        call.happened("s3.NotificationDropped", bucket.arn, bucket=bucket.name, destination=arn, event=name)


def about(event: Event, version: Version) -> Event:
    """A change of a version as an event that tells which version it is."""
    facts = {
        "bucket": version.bucket,
        "key": version.key,
        "version_id": version.id,
        "etag": version.etag,
        "sequence": version.sequence,
    }
    return msgspec.structs.replace(event, facts=facts)
