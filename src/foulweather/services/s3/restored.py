"""What becomes of restores: finished, and copies that expire."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.s3 import storage_classes
from foulweather.services.s3.records import Version
from foulweather.services.s3.state import S3State
from foulweather.services.s3.storage_classes import RESTORE


def finish(call: Call, sequence: int, ready_ms: int) -> None:
    """Make a restored copy readable; what lay in an archive tier is back in Frequent Access."""
    version = _restored(call, sequence)
    if version is None or version.notes[RESTORE]["ready_ms"] != ready_ms:
        return  # deleted, moved on, or restored faster meanwhile
    restore = version.notes[RESTORE]
    _tell(call, "s3.RestoreCompleted", version, restore["until_ms"])
    if version.about.storage_class == storage_classes.TIERED:
        version.notes[storage_classes.ACCESSED] = call.now
        storage_classes.change_tier(call, version, storage_classes.FREQUENT)
        return
    call.later(restore["until_ms"], "s3.end_restore", sequence=sequence, until_ms=restore["until_ms"])


def end(call: Call, sequence: int, until_ms: int) -> None:
    """Drop a restored copy whose time is over; the archived object stays."""
    version = _restored(call, sequence)
    if version is None or version.notes[RESTORE]["until_ms"] != until_ms:
        return
    del version.notes[RESTORE]
    call.state(S3State).touch_version(version)
    _tell(call, "s3.RestoreExpired", version, until_ms)


def _restored(call: Call, sequence: int) -> Version | None:
    version = call.state(S3State).versions_by_sequence.get(str(sequence))
    return version if version is not None and RESTORE in version.notes else None


def _tell(call: Call, kind: str, version: Version, until_ms: int) -> None:
    call.happened(
        kind,
        version.arn,
        bucket=version.bucket,
        key=version.key,
        version_id=version.id,
        size=version.size,
        etag=version.etag,
        storage_class=version.about.storage_class,
        until_ms=until_ms,
        sequence=version.sequence,
    )
