"""What S3 says in a notification.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import msgspec

from foulweather.kernel.pipeline import Pipeline
from foulweather.services.s3.owners import canonical_id
from foulweather.services.s3.records import Bucket
from foulweather.world.journal import Event

EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
# Events that came with later versions of the structure, which only adds members.
_VERSIONS = {
    "Replication": "2.2",
    "LifecycleTransition": "2.3",
    "IntelligentTiering": "2.3",
    "LifecycleExpiration": "2.3",
    "ObjectAcl": "2.3",
    "ObjectTagging": "2.3",
}
_encode = msgspec.json.Encoder().encode


def record(pipeline: Pipeline, bucket: Bucket, event: Event, name: str, configuration_id: str) -> dict[str, Any]:
    """One record of a notification; `name` is the event's (`s3:ObjectCreated:Put`)."""
    facts = event.facts
    short = name.removeprefix("s3:")
    told: dict[str, Any] = {
        "eventVersion": _VERSIONS.get(short.partition(":")[0], "2.1"),
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": iso(event.at_ms),
        "eventName": short,
        "userIdentity": {"principalId": principal_id(pipeline, event.principal)},
        "requestParameters": {"sourceIPAddress": facts.get("ip", "127.0.0.1")},
        "responseElements": {"x-amz-request-id": event.request_id, "x-amz-id-2": host_id(event.request_id)},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": canonical_id(bucket.account)},
                "arn": bucket.arn,
            },
            "object": _object(bucket, event),
        },
    }
    if name == "s3:ObjectRestore:Completed":
        told["glacierEventData"] = {
            "restoreEventData": {
                "lifecycleRestorationExpiryTime": iso(min(facts["until_ms"], 253_402_300_799_000)),
                "lifecycleRestoreStorageClass": facts["storage_class"],
            }
        }
    elif name == "s3:LifecycleTransition":
        told["lifecycleEventData"] = {"transitionEventData": {"destinationStorageClass": facts["storage_class"]}}
    elif name == "s3:IntelligentTiering":
        told["intelligentTieringEventData"] = {"destinationAccessTier": facts["tier"]}
    elif short.startswith("Replication:"):
        told["replicationEventData"] = {
            "replicationRuleId": facts["rule_id"],
            "destinationBucket": facts["destination"],
            "s3Operation": facts["operation_kind"],
            "requestTime": iso(facts["asked_ms"]),
            **({"failureReason": facts["failure"]} if facts.get("failure") else {}),
        }
    return told


def _object(bucket: Bucket, event: Event) -> dict[str, Any]:
    facts = event.facts
    told: dict[str, Any] = {"key": quote_plus(facts["key"], safe="/")}
    if "size" in facts:
        told["size"] = facts["size"]
    etag = facts.get("etag")
    if str(facts.get("how", "")).endswith("DeleteMarkerCreated"):
        etag = EMPTY_MD5
    if etag:
        told["eTag"] = etag
    if bucket.versioning and facts.get("version_id"):
        told["versionId"] = facts["version_id"]
    told["sequencer"] = sequencer(event)
    return told


def sequencer(event: Event) -> str:
    """What orders the events of one key: a hexadecimal number that grows."""
    return f"00{event.at_ms:011X}{event.seq & 0xFFFFFFF:07X}"


def envelope(records: list[dict[str, Any]]) -> str:
    """The text of a message."""
    return _encode({"Records": records}).decode()


def test_event(bucket: Bucket, now_ms: int, request_id: str) -> str:
    """The message that a new destination gets."""
    told: Mapping[str, Any] = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso(now_ms),
        "Bucket": bucket.name,
        "RequestId": request_id,
        "HostId": host_id(request_id),
    }
    return _encode(told).decode()


def iso(at_ms: int) -> str:
    """A time with milliseconds, in UTC."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def host_id(request_id: str) -> str:
    """The second id of a request, as its answer's `x-amz-id-2` has it."""
    return base64.b64encode(request_id.encode() * 2).decode()


def principal_id(pipeline: Pipeline, arn: str) -> str:
    """Who caused an event, as notifications name them: by unique id."""
    parts = arn.split(":")
    if len(parts) < 6:  # a service, or nobody that S3 knows
        return "Anonymous" if arn == "*" else f"AWS:{arn}"
    account, rest = parts[4], parts[5]
    directory = pipeline.directory
    if directory is None or rest == "root":
        return f"AWS:{account}"
    if rest.startswith("assumed-role/"):
        _, role_name, session = rest.split("/", 2)
        role = directory.role(f"arn:aws:iam::{account}:role/{role_name}")
        return f"AWS:{role.role_id}:{session}" if role is not None else f"AWS:{account}:{session}"
    user = directory.user(arn)
    return f"AWS:{user.user_id}" if user is not None else f"AWS:{account}"
