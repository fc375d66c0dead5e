"""Storage classes: which there are, what each asks for, and which objects must be restored before they are read.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3.dates import http_date
from foulweather.services.s3.records import Version
from foulweather.services.s3.state import S3State

RESTORE = "restore"
"""The note of a version that is being restored, or has a restored copy: `asked_ms`, `ready_ms`, `until_ms`, `tier`."""
TIER = "access_tier"
"""The note of a version in Intelligent-Tiering: the tier that it is in, when it is not Frequent Access."""

ACCESSED = "accessed_ms"
"""The note of when a version in Intelligent-Tiering was last read."""
CLASS_SINCE = "class_since_ms"
"""The note of when a version came into its storage class, when that was not at its beginning."""
_ACCESS_NOTED_EVERY_MS: Final = 3_600_000


class StorageClass(NamedTuple):
    """What a storage class asks for: days and bytes that are billed at least, and whether it is an archive."""

    rank: int
    days_min: int = 0
    bytes_min: int = 0
    is_archive: bool = False


# Minimums: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html#sc-compare
# The rank is the order of the waterfall of transitions.
CLASSES: Final[dict[str, StorageClass]] = {
    "STANDARD": StorageClass(0),
    "REDUCED_REDUNDANCY": StorageClass(0),
    "STANDARD_IA": StorageClass(1, 30, 128 << 10),
    "INTELLIGENT_TIERING": StorageClass(2),
    "ONEZONE_IA": StorageClass(3, 30, 128 << 10),
    "GLACIER_IR": StorageClass(4, 90, 128 << 10),
    "GLACIER": StorageClass(5, 90, 0, is_archive=True),
    "DEEP_ARCHIVE": StorageClass(6, 180, 0, is_archive=True),
}
TIERED: Final = "INTELLIGENT_TIERING"
FREQUENT: Final = "FREQUENT"
ARCHIVE_TIERS: Final = {"ARCHIVE_ACCESS": "GLACIER", "DEEP_ARCHIVE_ACCESS": "DEEP_ARCHIVE"}
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})


def checked(name: str) -> str:
    """The storage class that an upload asks for."""
    if name not in CLASSES:
        raise AwsError(
            "InvalidStorageClass",
            "The storage class you specified is not valid",
            400,
            facts=(Fact("request", "StorageClass", name),),
            members={"StorageClassRequested": name},
        )
    return name


def archive_of(version: Version) -> str:
    """The archive that a version lies in (`GLACIER` or `DEEP_ARCHIVE`), empty when it can be read at once."""
    name = version.about.storage_class
    if name == TIERED:
        return ARCHIVE_TIERS.get(version.notes.get(TIER, ""), "")
    return name if CLASSES[name].is_archive else ""


def is_restored(version: Version, now_ms: int) -> bool:
    """Whether an archived version has a copy that can be read now."""
    restore = version.notes.get(RESTORE)
    return restore is not None and restore["ready_ms"] <= now_ms < restore["until_ms"]


def is_being_restored(version: Version, now_ms: int) -> bool:
    """Whether an archived version's restore is under way."""
    restore = version.notes.get(RESTORE)
    return restore is not None and now_ms < restore["ready_ms"]


def check_readable(call: Call, version: Version) -> None:
    """Refuse to read an archived object that is not restored.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html
    """
    archive = archive_of(version)
    if not archive or is_restored(version, call.now):
        if version.about.storage_class == TIERED:
            note_access(call, version)
        return
    name = version.about.storage_class
    facts = [call.fact(version.arn, "StorageClass", name), Fact(version.arn, "VersionId", version.id)]
    members: dict[str, Any] = {"StorageClass": name}
    if TIER in version.notes and name == TIERED:
        members["AccessTier"] = version.notes[TIER]
        facts.append(Fact(version.arn, "AccessTier", version.notes[TIER]))
    restore = version.notes.get(RESTORE)
    if restore is None or restore["until_ms"] <= call.now:
        facts.append(Fact(version.arn, "Restore", "never asked for" if restore is None else "the copy has expired"))
        remedy = (_restore_command(version, archive, name),)
    else:
        facts.append(Fact(version.arn, "Restore", f"under way until {http_date(restore['ready_ms'])}"))
        remedy = ()
    if call.operation in _COPIES:
        message = "The source object of the COPY action is not in the active tier and is only stored in an archive tier"
        raise AwsError("ObjectNotInActiveTierError", message, 403, facts=tuple(facts), remedy=remedy)
    message = "The operation is not valid for the object's storage class"
    raise AwsError("InvalidObjectState", message, 403, facts=tuple(facts), remedy=remedy, members=members)


def restore_header(version: Version, now_ms: int) -> str | None:
    """`x-amz-restore` of an archived object, while there is something to say."""
    restore = version.notes.get(RESTORE)
    if restore is None or restore["until_ms"] <= now_ms or not archive_of(version):
        return None
    if now_ms < restore["ready_ms"]:
        return 'ongoing-request="true"'
    if version.about.storage_class == TIERED:
        return None
    return f'ongoing-request="false", expiry-date="{http_date(restore["until_ms"])}"'


def members(version: Version, now_ms: int) -> dict[str, Any]:
    """The members of HeadObject and GetObject that tell about archives: `Restore`, `ArchiveStatus`."""
    notes = version.notes
    if not notes:
        return {}
    told: dict[str, Any] = {}
    restore = restore_header(version, now_ms)
    if restore is not None:
        told["Restore"] = restore
    if version.about.storage_class == TIERED and notes.get(TIER) in ARCHIVE_TIERS:
        told["ArchiveStatus"] = notes[TIER]
    return told


def left_early(version: Version, now_ms: int) -> int:
    """Milliseconds of its storage class's minimum duration that a version that leaves it now has not been there."""
    since_ms: int = version.notes.get(CLASS_SINCE, version.modified_ms)
    minimum_ms = CLASSES[version.about.storage_class].days_min * 86_400_000
    return max(0, since_ms + minimum_ms - now_ms)


def _restore_command(version: Version, archive: str, name: str) -> str:
    tier = "Standard" if archive == "DEEP_ARCHIVE" else "Expedited"
    request = "{}" if name == TIERED else f"Days=7,GlacierJobParameters={{Tier={tier}}}"
    return (
        f"aws s3api restore-object --bucket {version.bucket} --key '{version.key}' "
        f"--version-id {version.id} --restore-request '{request}'"
    )


def note_leaving(call: Call, version: Version) -> None:
    """Tell the bill of a version that leaves its storage class before the class's minimum duration.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html#sc-compare
    """
    if version.is_delete_marker or version.about.storage_class == "STANDARD":
        return
    left_ms = left_early(version, call.now)
    if left_ms:
        name = version.about.storage_class
        call.happened(
            "s3.EarlyDeletion",
            version.arn,
            bucket=version.bucket,
            key=version.key,
            storage_class=name,
            size=max(version.size, CLASSES[name].bytes_min),
            left_ms=left_ms,
        )


def tier_of(version: Version) -> str:
    """The tier of Intelligent-Tiering that a version is in."""
    return version.notes.get(TIER, FREQUENT)


def billed_as(version: Version) -> str:
    """What a version is billed as: its storage class, with its tier where it has one; empty for a delete marker."""
    if version.is_delete_marker:
        return ""
    name = version.about.storage_class
    return f"{name}/{tier_of(version)}" if name == TIERED else name


def change_tier(call: Call, version: Version, tier: str) -> None:
    """Put a version in Intelligent-Tiering into a tier."""
    before = tier_of(version)
    if tier == FREQUENT:
        version.notes.pop(TIER, None)
    else:
        version.notes[TIER] = tier
    if tier not in ARCHIVE_TIERS:
        version.notes.pop(RESTORE, None)
    call.state(S3State).touch_version(version)
    call.happened(
        "s3.TierChanged",
        version.arn,
        bucket=version.bucket,
        key=version.key,
        version_id=version.id,
        size=version.size,
        etag=version.etag,
        before=before,
        tier=tier,
        sequence=version.sequence,
    )


def note_access(call: Call, version: Version) -> None:
    """Note that a version in Intelligent-Tiering was read: it is moved back to Frequent Access.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
    """
    notes = version.notes
    if call.now - notes.get(ACCESSED, 0) < _ACCESS_NOTED_EVERY_MS and TIER not in notes:
        return  # the day counts, not the second: most reads need not be written down
    notes[ACCESSED] = call.now
    if TIER in notes:
        change_tier(call, version, FREQUENT)
    else:
        call.state(S3State).touch_version(version)
