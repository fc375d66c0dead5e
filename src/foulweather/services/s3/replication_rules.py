"""Replication rules as they are configured: checked, and which of them mean an object.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals, storage_classes
from foulweather.services.s3.lifecycle_rules import filter_of
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.schema import malformed, part
from foulweather.services.s3.state import S3State

RULES_MAX: Final = 1000
ID_MAX: Final = 255
RTC_MINUTES: Final = 15
_VERSION = (
    "for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more "
    "information."
)


def destination_of(rule: Mapping[str, Any]) -> str:
    """The name of the bucket that a rule replicates to."""
    return str(rule["Destination"]["Bucket"]).rpartition(":::")[2]


def checked(call: Call, bucket: Bucket, configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules of a configuration; those without an ID get one."""
    rules: list[dict[str, Any]] = [dict(rule) for rule in configuration["Rules"]]
    if not rules or len(rules) > RULES_MAX:
        raise malformed(Fact("request", "rules", len(rules)), Fact("S3", "rules of a configuration", RULES_MAX))
    seen: set[str] = set()
    for rule in rules:
        rule["ID"] = rule.get("ID") or call.world.ids.token(36)
        if len(rule["ID"]) > ID_MAX:
            raise refusals.invalid_argument("ID", rule["ID"], f"ID length should not exceed allowed limit of {ID_MAX}")
        if rule["ID"] in seen:
            raise refusals.invalid_argument("ID", rule["ID"], "Rule Id must be unique")
        seen.add(rule["ID"])
        _check_schema(rule)
        _check_destination(call, bucket, rule)
    _check_priorities(rules)
    return rules


def _check_schema(rule: Mapping[str, Any]) -> None:
    """A rule with a Filter follows the second version of the schema, which asks for more."""
    if "Filter" in rule and "Prefix" in rule:
        raise malformed(Fact("request", "Filter, Prefix", "exactly one of them"))
    is_second = "Filter" in rule
    if is_second and "Priority" not in rule:
        raise refusals.invalid_request(f"Priority must be specified {_VERSION}")
    if is_second and "DeleteMarkerReplication" not in rule:
        raise refusals.invalid_request(f"DeleteMarkerReplication must be specified {_VERSION}")
    if not is_second and ("Priority" in rule or "DeleteMarkerReplication" in rule):
        raise refusals.invalid_request(f"Filter must be specified {_VERSION}")
    selected = filter_of(rule)
    if selected.get("Tags") and rule["DeleteMarkerReplication"].get("Status") == "Enabled":
        raise refusals.invalid_request(
            "Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer "
            "Guide for more information."
        )
    if part(rule, "ExistingObjectReplication").get("Status") == "Enabled":
        raise not_implemented("s3", "PutBucketReplication.ExistingObjectReplication")


def _check_destination(call: Call, bucket: Bucket, rule: Mapping[str, Any]) -> None:
    destination: Mapping[str, Any] = rule["Destination"]
    arn: str = destination["Bucket"]
    if not arn.startswith("arn:aws:s3:::") or "/" in arn:
        raise refusals.invalid_argument("Bucket", arn, "Invalid bucket ARN.")
    _check_encryption(rule, destination)
    if "AccessControlTranslation" in destination and not destination.get("Account"):
        message = "Account must be specified if AccessControlTranslation is present."
        raise refusals.invalid_request(message)
    timed = part(destination, "ReplicationTime")
    if timed.get("Status") == "Enabled":
        if part(timed, "Time").get("Minutes") != RTC_MINUTES:
            message = "Replication Time Control value must be 15 minutes."
            raise refusals.invalid_argument("Minutes", part(timed, "Time").get("Minutes"), message)
        if part(destination, "Metrics").get("Status") != "Enabled":
            raise refusals.invalid_request("Replication Time Control requires Metrics to be enabled.")
    if destination.get("StorageClass"):
        storage_classes.checked(destination["StorageClass"])
    name = destination_of(rule)
    target = call.state(S3State).buckets.get(name)
    if target is None:
        raise refusals.invalid_request("Destination bucket must exist.", Fact(arn, "exists", False))
    if target.versioning != "Enabled":
        raise refusals.invalid_request(
            "Destination bucket must have versioning enabled.",
            call.fact(arn, "Status", target.versioning or "never enabled"),
        )
    if name == bucket.name:
        raise refusals.invalid_request("Destination bucket cannot be the same as the source bucket.")


def _check_encryption(rule: Mapping[str, Any], destination: Mapping[str, Any]) -> None:
    selects = selects_kms(rule)
    names_key = bool(part(destination, "EncryptionConfiguration").get("ReplicaKmsKeyID"))
    if names_key and not selects:
        raise refusals.invalid_request(
            "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present."
        )
    if selects and not names_key:
        raise refusals.invalid_request(
            "EncryptionConfiguration must be specified if SseKmsEncryptedObjects is present."
        )


def _check_priorities(rules: Sequence[Mapping[str, Any]]) -> None:
    seen: set[int] = set()
    for rule in rules:
        priority: int | None = rule.get("Priority")
        if priority is None:
            continue
        if priority < 0:
            raise refusals.invalid_argument("Priority", priority, "Priority must be a nonnegative integer")
        if priority in seen:
            message = f"Found duplicate priority {priority}. Priority must be unique for each rule."
            raise refusals.invalid_request(message, Fact("request", "Priority", priority))
        seen.add(priority)


def selects_kms(rule: Mapping[str, Any]) -> bool:
    """Whether a rule means objects that KMS keys encrypt, too."""
    criteria: Mapping[str, Any] = rule.get("SourceSelectionCriteria") or {}
    return part(criteria, "SseKmsEncryptedObjects").get("Status") == "Enabled"


def syncs_replicas(rule: Mapping[str, Any]) -> bool:
    """Whether a rule replicates what is changed about replicas."""
    criteria: Mapping[str, Any] = rule.get("SourceSelectionCriteria") or {}
    return part(criteria, "ReplicaModifications").get("Status") == "Enabled"


def has_time_control(rule: Mapping[str, Any]) -> bool:
    """Whether S3 answers for the time that a rule takes."""
    return part(rule["Destination"], "ReplicationTime").get("Status") == "Enabled"


def rules_for(configuration: Mapping[str, Any], version: Version) -> list[dict[str, Any]]:
    """The rules that replicate a version, the one of highest priority for each destination."""
    found: dict[str, dict[str, Any]] = {}
    for rule in configuration["Rules"]:
        if rule["Status"] != "Enabled" or not _means(rule, version):
            continue
        destination = destination_of(rule)
        before = found.get(destination)
        if before is None or rule.get("Priority", 0) > before.get("Priority", 0):
            found[destination] = rule
    return list(found.values())


def _means(rule: Mapping[str, Any], version: Version) -> bool:
    selected = filter_of(rule)
    if not version.key.startswith(selected.get("Prefix") or ""):
        return False
    tags = version.about.tags
    if any(tags.get(tag["Key"]) != tag["Value"] for tag in selected.get("Tags") or ()):
        return False
    if version.is_delete_marker and "Filter" in rule:
        return rule["DeleteMarkerReplication"].get("Status") == "Enabled"
    return True


def unchecked_role(role: str) -> AwsError:
    """The refusal of what is no ARN of a role."""
    return refusals.invalid_argument("Role", role, "Invalid Role ARN.")
