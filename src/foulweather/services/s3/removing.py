"""What deleting means: versions gone for good, objects hidden under delete markers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.s3 import conditions, limits, locks, mfa, partitions, storage_classes
from foulweather.services.s3.owners import canonical_id
from foulweather.services.s3.records import NULL_VERSION, Bucket, Version
from foulweather.services.s3.state import S3State
from foulweather.services.s3.storing import new_version_id


def delete(
    call: Call, bucket: Bucket, key: str, request: Mapping[str, Any], if_match: str | None = None
) -> dict[str, Any]:
    """Delete a key or one of its versions, as the request's `VersionId`, `MFA` and bypass say."""
    partitions.admit(call, bucket, limits.checked_key(key), True)
    version_id = limits.checked_version_id(request.get("VersionId"))
    shelf = call.state(S3State).shelves[bucket.name]
    conditions.check_delete(bucket, key, shelf.newest(key), if_match)
    if version_id is not None:
        return _delete_version(call, bucket, key, version_id, request)
    if not bucket.versioning:
        version = shelf.find(key, NULL_VERSION)
        if version is not None:
            _remove(call, bucket, version, "Delete")
        return {}
    replaced: Version | None = None
    if bucket.versioning == "Suspended":
        version = shelf.find(key, NULL_VERSION)
        if version is not None:
            _remove(call, bucket, version, "", tells=False)
        replaced = version
    marker = add_delete_marker(call, bucket, key, replaced=replaced)
    return {"DeleteMarker": True, "VersionId": marker.id}


def _delete_version(
    call: Call, bucket: Bucket, key: str, version_id: str, request: Mapping[str, Any]
) -> dict[str, Any]:
    if bucket.mfa_delete:
        mfa.check(call, bucket, request.get("MFA"))
    version = call.state(S3State).shelves[bucket.name].find(key, version_id)
    result: dict[str, Any] = {} if not bucket.versioning else {"VersionId": version_id}
    if version is None:
        return result
    locks.check_deletable(call, bucket, version, request)
    _remove(call, bucket, version, "Delete")
    if version.is_delete_marker:
        result["DeleteMarker"] = True
    return result


def add_delete_marker(
    call: Call, bucket: Bucket, key: str, how: str = "DeleteMarkerCreated", replaced: Version | None = None
) -> Version:
    """Hide what is under a key; where versioning is suspended the marker has `replaced` a version."""
    state = call.state(S3State)
    marker = Version(
        state.next_sequence(),
        bucket.name,
        key,
        new_version_id(call, bucket),
        canonical_id(call.principal.account or bucket.account),
        call.now,
        is_delete_marker=True,
    )
    state.add_version(marker)
    state.note_deleted(bucket.name, key)
    _tell(call, marker, how, replaced)
    return marker


def _remove(call: Call, bucket: Bucket, version: Version, how: str, *, tells: bool = True) -> None:
    state = call.state(S3State)
    storage_classes.note_leaving(call, version)
    if state.shelves[bucket.name].newest(version.key) is version and not version.is_delete_marker:
        state.note_deleted(bucket.name, version.key)
    state.remove_version(version, call.world.files)
    if tells:
        _tell(call, version, how)


def _tell(call: Call, version: Version, how: str, replaced: Version | None = None) -> None:
    gone = replaced or version
    call.happened(
        "s3.ObjectRemoved",
        version.arn,
        bucket=version.bucket,
        key=version.key,
        version_id=version.id,
        how=how,
        sequence=version.sequence,
        size=gone.size,
        storage_class=storage_classes.billed_as(gone),
        ip=call.origin.ip,
    )
