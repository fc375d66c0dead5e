"""How a new version of an object comes to be: by whichever way its bytes came."""

from __future__ import annotations

from collections.abc import Mapping
from operator import methodcaller
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.s3 import encryption, standing, storage_classes
from foulweather.services.s3.acl import object_owner
from foulweather.services.s3.bodies import Taken
from foulweather.services.s3.described import checksum_members
from foulweather.services.s3.owners import canonical_id
from foulweather.services.s3.records import (
    NULL_VERSION,
    SSE_S3,
    Bucket,
    Checksum,
    Described,
    PartSummary,
    Segment,
    Version,
)
from foulweather.services.s3.state import S3State

_ID_BYTES = 24
_ID_SIGNS = str.maketrans("+/", "._")


def new_version_id(call: Call, bucket: Bucket) -> str:
    """The id of a version that is written now: `null` where versioning is not enabled."""
    if bucket.versioning != "Enabled":
        return NULL_VERSION
    return call.world.ids.token(_ID_BYTES).translate(_ID_SIGNS)


def etag_of(call: Call, about: Described, md5: bytes) -> str:
    """An object's ETag: the MD5 of its bytes, but where KMS or the customer encrypts them.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    return md5.hex() if about.encryption.algorithm == "AES256" else call.world.ids.hex(32)


def store(
    call: Call,
    bucket: Bucket,
    key: str,
    about: Described,
    *,
    owner: str,
    size: int,
    etag: str,
    inline: bytes = b"",
    segments: list[Segment] | None = None,
    checksum: Checksum | None = None,
    parts: list[PartSummary] | None = None,
    notes: dict[str, Any] | None = None,
    how: str = "Put",
) -> Version:
    """Make a version the newest of its key; while versioning is not enabled it replaces the null version."""
    state = call.state(S3State)
    version = Version(
        state.next_sequence(),
        bucket.name,
        key,
        new_version_id(call, bucket),
        owner,
        call.world.clock.now_ms,
        size=size,
        etag=etag,
        inline=inline,
        segments=segments or [],
        about=about,
        checksum=checksum,
        parts=parts or [],
        notes=notes or {},
    )
    replaced, was = None, ""
    if version.id == NULL_VERSION:
        replaced = state.shelves[bucket.name].find(key, NULL_VERSION)
        if replaced is not None:
            storage_classes.note_leaving(call, replaced)
            was = storage_classes.billed_as(replaced)
    if replaced is not None:
        state.replace_version(replaced, version, call.world.files)
    else:
        state.add_version(version)
    call.happened(
        "s3.ObjectCreated",
        version.arn,
        bucket=bucket.name,
        key=key,
        version_id=version.id,
        size=size,
        etag=etag,
        how=how,
        sequence=version.sequence,
        storage_class=storage_classes.billed_as(version),
        was_class=was,
        was_size=replaced.size if was and replaced is not None else 0,
        ip=call.origin.ip,
    )
    return version


def store_taken(
    call: Call, bucket: Bucket, request: Mapping[str, Any], about: Described, taken: Taken, checksum: Checksum, how: str
) -> Version:
    """Make what was taken in with one request an object."""
    return store(
        call,
        bucket,
        request["Key"],
        about,
        owner=canonical_id(object_owner(call, bucket, request)),
        size=taken.size,
        etag=etag_of(call, about, taken.md5),
        inline=taken.inline,
        segments=taken.segments,
        checksum=checksum,
        how=how,
    )


def stored(bucket: Bucket, version: Version) -> dict[str, Any]:
    """What the answers to writes have in common."""
    result: dict[str, Any] = {"ETag": f'"{version.etag}"'}
    checksum, held = version.checksum, version.about.encryption
    if checksum is not None:
        result.update(checksum_members(checksum))
    if held is SSE_S3:
        result["ServerSideEncryption"] = "AES256"
    else:
        result.update(encryption.written_headers(held))
    if bucket.versioning == "Enabled":
        result["VersionId"] = version.id
    if "lifecycle" in bucket.settings:
        result.update(standing.expiration(bucket, version))
    return result


def requested(
    call: Call,
    kind: str,
    bucket: Bucket,
    key: str,
    bytes_in: int,
    bytes_out: int,
    status: int,
    storage_class: str = "STANDARD",
) -> None:
    """Tell metrics, logs and the bill of a data request; `storage_class` is that of the object that was read.

    Where the bucket has neither metrics of its requests nor a log, and the bill asks no more than which operation
    it was, nobody would read it: `api.Call` has told of the request already.
    """
    if storage_class == "STANDARD" and not _counts_requests(bucket):
        return
    call.happened(
        "s3.Request",
        bucket.arn,
        kind=kind,
        bucket=bucket.name,
        key=key,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        status=status,
        storage_class=storage_class,
    )


def _counts_requests(bucket: Bucket) -> bool:
    return any(map(_is_counting, bucket.settings))


_is_counting = methodcaller("startswith", ("metrics/", "logging"))
