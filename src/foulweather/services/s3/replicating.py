"""Replication at work: versions queued when they come to be, and copied a moment later with the role's permissions.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import bodies, replicas, replication_rules
from foulweather.services.s3.bodies import Taken
from foulweather.services.s3.integrity import DEFAULT
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.state import S3State
from foulweather.services.s3.upkeep_runs import noted
from foulweather.world.journal import Event
from foulweather.world.world import World

STATUS: Final = "replication"
"""The note of a source version: destination bucket -> PENDING, COMPLETED or FAILED."""
REPLICA: Final = "replica"
"""The note of a version that is a replica."""
# "Most objects replicate within 15 minutes"; with time control "most objects in seconds".
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html
# A key's own lag is always the same, so that its versions arrive in their order.
LAG_MS: Final = (5_000, 60_000)
LAG_CONTROLLED_MS: Final = (1_000, 15_000)


def enqueue(world: World, bucket: Bucket, version: Version, event: Event, *, is_change: bool = False) -> None:
    """Have a version, or a change of it, replicated as the bucket's rules say."""
    if REPLICA in version.notes and not is_change:
        return  # "replicas that were created by another rule": a replica is not replicated again
    configuration: Mapping[str, Any] = bucket.settings["replication"]
    waiting = False
    for rule in replication_rules.rules_for(configuration, version):
        if REPLICA in version.notes and not replication_rules.syncs_replicas(rule):
            continue
        destination = replication_rules.destination_of(rule)
        if is_change and REPLICA not in version.notes and destination not in version.notes.get(STATUS, {}):
            continue
        if REPLICA not in version.notes and not _skips(rule, version):
            version.notes.setdefault(STATUS, {})[destination] = "PENDING"
            waiting = True
        soonest_ms, latest_ms = LAG_CONTROLLED_MS if replication_rules.has_time_control(rule) else LAG_MS
        lag_ms = soonest_ms + zlib.crc32(version.key.encode()) % (latest_ms - soonest_ms)
        world.agenda.at(
            event.at_ms + lag_ms,
            "s3.replicate",
            {"sequence": version.sequence, "rule": rule["ID"], "asked_ms": event.at_ms, "is_change": is_change},
            account=bucket.account,
            region=bucket.region,
            trace_id=event.request_id,
        )
    if waiting:
        world.state(S3State).touch_version(version)


def _skips(rule: Mapping[str, Any], version: Version) -> bool:
    """Objects that KMS keys encrypt are replicated only by rules that select them."""
    return bool(version.about.encryption.key_arn) and not replication_rules.selects_kms(rule)


async def replicate(call: Call, sequence: int, rule_id: str, asked_ms: int, *, is_change: bool) -> None:
    """Copy a version to the destination of a rule, or tell why not."""
    state = call.state(S3State)
    version = state.versions_by_sequence.get(str(sequence))
    bucket = state.buckets.get(version.bucket) if version is not None else None
    if version is None or bucket is None:
        return  # deleted before it was replicated
    configuration: Mapping[str, Any] | None = bucket.settings.get("replication")
    rule = next((each for each in configuration["Rules"] if each["ID"] == rule_id), None) if configuration else None
    if configuration is None or rule is None or rule["Status"] != "Enabled":
        cause = f"The rule {rule_id!r} that was to replicate {version.key!r} is gone or disabled."
        _failed(call, bucket, version, rule_id, "", asked_ms, Why("dropped", cause, _facts(bucket, version)), "")
        return
    destination = replication_rules.destination_of(rule)
    if _skips(rule, version):
        cause = (
            f"{version.key!r} is encrypted with a KMS key, and the rule {rule_id!r} does not select such objects "
            "(SourceSelectionCriteria.SseKmsEncryptedObjects), so it is not replicated."
        )
        call.explain("Replicate", version.arn, Why("dropped", cause, _facts(bucket, version)))
        return
    try:
        target = replicas.destination(call, bucket, destination, rule)
        acting = await replicas.assumed(call, bucket, configuration["Role"])
        existing = state.shelves[target.name].find(version.key, version.id)
        if existing is not None and is_change:
            replicas.update(call, acting, bucket, version, target, existing)
        elif existing is None:
            replicas.check_allowed(acting, bucket, version, target, rule)
            about = await replicas.described(call, acting, bucket, version, target, rule)
            if str(sequence) not in state.versions_by_sequence:
                return  # deleted while KMS was waited for
            taken: Taken | None = None
            if not version.is_delete_marker:
                copied = _copied(call, version)
                taken = await copied if inspect.isawaitable(copied) else copied
            try:
                target = replicas.destination(call, bucket, destination, rule)
            except AwsError:
                if taken is not None:
                    bodies.discard(call.world.files, taken)
                raise
            replicas.add(call, version, target, about, taken, rule)
    except AwsError as error:
        cause = f"{version.key!r} in {bucket.name} could not be replicated to {destination}: {error.message}"
        why = Why("failed", cause, _facts(bucket, version), (), (error.why,))
        _failed(call, bucket, version, rule_id, destination, asked_ms, why, error.code)
        return
    _set_status(call, bucket, version, destination, "COMPLETED")
    call.happened(
        "s3.ReplicationCompleted",
        bucket.arn,
        bucket=bucket.name,
        key=version.key,
        version_id=version.id,
        size=version.size,
        destination=f"arn:aws:s3:::{destination}",
        rule_id=rule_id,
        lag_ms=call.world.clock.now_ms - asked_ms,
    )


def _copied(call: Call, version: Version) -> Any:
    algorithm = version.checksum.algorithm if version.checksum is not None else DEFAULT
    if bodies.is_small(version.size):
        return bodies.copy(call, version, 0, version.size, algorithm)
    return bodies.copy_later(call, version, 0, version.size, algorithm)


def _failed(
    call: Call, bucket: Bucket, version: Version, rule_id: str, destination: str, asked_ms: int, why: Why, code: str
) -> None:
    call.explain("Replicate", version.arn, why, code)
    for name in [destination] if destination else list(version.notes.get(STATUS, {})):
        _set_status(call, bucket, version, name, "FAILED")
    call.happened(
        "s3.ReplicationFailed",
        version.arn,
        bucket=bucket.name,
        key=version.key,
        version_id=version.id,
        size=version.size,
        etag=version.etag,
        rule_id=rule_id,
        destination=f"arn:aws:s3:::{destination}",
        asked_ms=asked_ms,
        operation_kind="OBJECT_PUT",
        failure=code or "RuleNotFound",
        sequence=version.sequence,
    )


def _set_status(call: Call, bucket: Bucket, version: Version, destination: str, status: str) -> None:
    statuses = version.notes.get(STATUS)
    if statuses is None or str(version.sequence) not in call.state(S3State).versions_by_sequence:
        return
    statuses[destination] = status
    call.state(S3State).touch_version(version)
    noted(call.world, bucket, version.key, call.world.clock.now_ms)  # lifecycle waited for it


def _facts(bucket: Bucket, version: Version) -> tuple[Fact, ...]:
    return (Fact(version.arn, "VersionId", version.id), Fact(bucket.arn, "replication", "configured"))
