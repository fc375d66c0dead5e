"""What is in a bucket, in the order of the keys' bytes, a page at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.s3 import limits, partitions, refusals
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.pages import Page, encoded, encoder, newest_page, versions_page
from foulweather.services.s3.records import Version
from foulweather.services.s3.state import S3State
from foulweather.services.s3.storing import requested

if TYPE_CHECKING:
    from aws_types.s3 import (
        ListObjectsOutput,
        ListObjectsRequest,
        ListObjectsV2Output,
        ListObjectsV2Request,
        ListObjectVersionsOutput,
        ListObjectVersionsRequest,
    )

_TOKEN_START = b"1"


def list_objects(call: Call, request: ListObjectsRequest) -> ListObjectsOutput:
    """The newest versions of a bucket's objects, from a marker on (the first edition of this operation)."""
    bucket = bucket_of(call, request)
    partitions.admit(call, bucket, request.get("Prefix") or "", False)
    size = limits.checked_count("max-keys", request.get("MaxKeys"))
    marker = request.get("Marker") or ""
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    write = encoder(request)
    page = newest_page(call.state(S3State).shelves[bucket.name], prefix, delimiter, marker, size)
    result: dict[str, Any] = {"Name": bucket.name, "Prefix": write(prefix), "Marker": write(marker)}
    if page.is_truncated and delimiter:
        result["NextMarker"] = write(page.last)
    result.update({"MaxKeys": size, "IsTruncated": page.is_truncated})
    _add(result, page, request, write, with_owner=True)
    requested(call, "list", bucket, "", 0, 0, 200)
    return result  # type: ignore[return-value]


def list_objects_v2(call: Call, request: ListObjectsV2Request) -> ListObjectsV2Output:
    """The newest versions of a bucket's objects, a page at a time."""
    bucket = bucket_of(call, request)
    partitions.admit(call, bucket, request.get("Prefix") or "", False)
    size = limits.checked_count("max-keys", request.get("MaxKeys"))
    token, start_after = request.get("ContinuationToken"), request.get("StartAfter") or ""
    marker = _marker(token) if token else start_after
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    write = encoder(request)
    page = newest_page(call.state(S3State).shelves[bucket.name], prefix, delimiter, marker, size)
    result: dict[str, Any] = {"Name": bucket.name, "Prefix": write(prefix)}
    if token is not None:
        result["ContinuationToken"] = token
    if page.is_truncated:
        result["NextContinuationToken"] = _token(page.last)
    if start_after:
        result["StartAfter"] = write(start_after)
    count = len(page.versions) + len(page.prefixes)
    result.update({"KeyCount": count, "MaxKeys": size, "IsTruncated": page.is_truncated})
    _add(result, page, request, write, with_owner=bool(request.get("FetchOwner")))
    requested(call, "list", bucket, "", 0, 0, 200)
    return result  # type: ignore[return-value]


def _add(result: dict[str, Any], page: Page, request: Mapping[str, Any], write: Any, *, with_owner: bool) -> None:
    with_restore = "RestoreStatus" in (request.get("OptionalObjectAttributes") or ())
    if page.versions:
        result["Contents"] = [_entry(version, write, with_owner, with_restore) for version in page.versions]
    if page.prefixes:
        result["CommonPrefixes"] = [{"Prefix": write(prefix)} for prefix in page.prefixes]
    if request.get("Delimiter"):
        result["Delimiter"] = write(request["Delimiter"])
    if "EncodingType" in request:
        result["EncodingType"] = request["EncodingType"]


def _entry(version: Version, write: Any, with_owner: bool, with_restore: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Key": write(version.key),
        "LastModified": version.modified_ms // 1000 * 1000,
        "ETag": f'"{version.etag}"',
    }
    checksum = version.checksum
    if checksum is not None:
        entry["ChecksumAlgorithm"] = [checksum.algorithm]
        entry["ChecksumType"] = checksum.kind
    entry["Size"] = version.size
    if with_owner:
        entry["Owner"] = {"ID": version.owner}
    entry["StorageClass"] = version.about.storage_class
    if with_restore and "restore" in version.notes:
        entry["RestoreStatus"] = version.notes["restore"]
    return entry


def _token(last: str) -> str:
    return base64.b64encode(_TOKEN_START + last.encode("utf-8", "surrogatepass")).decode()


def _marker(token: str) -> str:
    try:
        raw = base64.b64decode(token, validate=True)
        if raw[:1] == _TOKEN_START:
            return raw[1:].decode("utf-8", "surrogatepass")
    except (binascii.Error, ValueError):
        pass
    message = "The continuation token provided is incorrect"
    raise refusals.invalid_argument("continuation-token", token, message)


def list_object_versions(call: Call, request: ListObjectVersionsRequest) -> ListObjectVersionsOutput:
    """Every version and delete marker of a bucket: keys in order, the newest version of each first."""
    bucket = bucket_of(call, request)
    partitions.admit(call, bucket, request.get("Prefix") or "", False)
    size = limits.checked_count("max-keys", request.get("MaxKeys"))
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    key_marker, id_marker = request.get("KeyMarker") or "", request.get("VersionIdMarker")
    if id_marker is not None and not id_marker:
        raise refusals.invalid_argument("version-id-marker", "", "A version-id marker cannot be empty.")
    if id_marker is not None and not key_marker:
        message = "A version-id marker cannot be specified without a key marker."
        raise refusals.invalid_argument("version-id-marker", id_marker, message)
    limits.checked_version_id(id_marker)
    write = encoder(request)
    shelf = call.state(S3State).shelves[bucket.name]
    page = versions_page(shelf, prefix, delimiter, key_marker, id_marker or "", size)
    result: dict[str, Any] = {
        "Name": bucket.name,
        "Prefix": write(prefix),
        "KeyMarker": write(key_marker),
        "VersionIdMarker": id_marker or "",
    }
    if page.is_truncated:
        result["NextKeyMarker"] = write(page.last)
        if page.last_id:
            result["NextVersionIdMarker"] = page.last_id
    result.update({"MaxKeys": size, "IsTruncated": page.is_truncated})
    with_restore = "RestoreStatus" in (request.get("OptionalObjectAttributes") or ())
    for version in page.versions:
        is_latest = shelf.newest(version.key) is version
        if version.is_delete_marker:
            modified_ms = version.modified_ms // 1000 * 1000
            entry = {"Key": write(version.key), "LastModified": modified_ms, "Owner": {"ID": version.owner}}
            result.setdefault("DeleteMarkers", []).append({**entry, "VersionId": version.id, "IsLatest": is_latest})
        else:
            entry = _entry(version, write, True, with_restore)
            result.setdefault("Versions", []).append({**entry, "VersionId": version.id, "IsLatest": is_latest})
    _add(result, encoded(page), request, write, with_owner=True)
    requested(call, "list", bucket, "", 0, 0, 200)
    return result  # type: ignore[return-value]
