"""How versions go when S3 itself deletes or hides them."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.s3 import storage_classes
from foulweather.services.s3.records import NULL_VERSION, Bucket, Version
from foulweather.services.s3.removing import add_delete_marker
from foulweather.services.s3.state import S3State


def expire(call: Call, bucket: Bucket, version: Version, how: str) -> None:
    """Delete a version for good."""
    state = call.state(S3State)
    storage_classes.note_leaving(call, version)
    if state.shelves[bucket.name].newest(version.key) is version and not version.is_delete_marker:
        state.note_deleted(bucket.name, version.key)
    state.remove_version(version, call.world.files)
    call.happened(
        "s3.ObjectRemoved",
        version.arn,
        bucket=version.bucket,
        key=version.key,
        version_id=version.id,
        how=how,
        sequence=version.sequence,
        size=version.size,
        storage_class=storage_classes.billed_as(version),
    )


def hide(call: Call, bucket: Bucket, version: Version) -> None:
    """Hide a current version under a delete marker; where versioning is suspended the marker replaces it."""
    replaced: Version | None = None
    if bucket.versioning == "Suspended" and version.id == NULL_VERSION:
        replaced = version
        storage_classes.note_leaving(call, version)
        call.state(S3State).remove_version(version, call.world.files)
    add_delete_marker(call, bucket, version.key, how="LifecycleDeleteMarkerCreated", replaced=replaced)
