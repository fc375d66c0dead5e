"""Uploads in parts: begun, completed into one object without moving a byte, aborted, listed.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.s3 import (
    acl,
    assembling,
    bodies,
    conditions,
    encryption,
    limits,
    owners,
    partitions,
    refusals,
    standing,
)
from foulweather.services.s3.described import described
from foulweather.services.s3.finding import bucket_of, upload_of
from foulweather.services.s3.pages import encoder
from foulweather.services.s3.records import Bucket, Part, PartSummary, Segment, Upload, Version
from foulweather.services.s3.state import S3State
from foulweather.services.s3.storing import requested, store, stored
from foulweather.services.s3.upload_pages import uploads_page

if TYPE_CHECKING:
    from aws_types.s3 import (
        AbortMultipartUploadOutput,
        AbortMultipartUploadRequest,
        CompleteMultipartUploadOutput,
        CompleteMultipartUploadRequest,
        CreateMultipartUploadOutput,
        CreateMultipartUploadRequest,
        ListMultipartUploadsOutput,
        ListMultipartUploadsRequest,
    )

UPLOAD_NOTE = "upload"
"""The note of a version that tells which upload it came from: Complete may be repeated."""
_ID_BYTES = 96
_ID_SIGNS = str.maketrans("+/", "._")


def create_multipart_upload(call: Call, request: CreateMultipartUploadRequest) -> CreateMultipartUploadOutput:
    """Begin an upload in parts; what is said about the object is said here."""
    bucket = bucket_of(call, request)
    key = limits.checked_key(request["Key"])
    partitions.admit(call, bucket, key, True)
    algorithm, kind = assembling.chosen(request)
    about = described(call, bucket, request)
    upload = Upload(
        call.world.ids.token(_ID_BYTES).translate(_ID_SIGNS),
        bucket.name,
        key,
        call.principal.account,
        owners.canonical_id(acl.object_owner(call, bucket, request)),
        call.now,
        about,
        algorithm,
        kind,
    )
    upload.initiator = call.principal.arn
    call.state(S3State).add_upload(upload)
    requested(call, "post", bucket, key, 0, 0, 200)
    result: dict[str, Any] = {"Bucket": bucket.name, "Key": key, "UploadId": upload.id}
    if algorithm:
        result.update({"ChecksumAlgorithm": algorithm, "ChecksumType": kind})
    result.update(encryption.written_headers(about.encryption))
    result.update(standing.abortion(bucket, upload))
    return result  # type: ignore[return-value]


def complete_multipart_upload(call: Call, request: CompleteMultipartUploadRequest) -> CompleteMultipartUploadOutput:
    """Make the parts one object; they stay where they are, one after another."""
    bucket = bucket_of(call, request)
    state = call.state(S3State)
    key = limits.checked_key(request["Key"])
    partitions.admit(call, bucket, key, True)
    listed: list[Mapping[str, Any]] = list((request.get("MultipartUpload") or {}).get("Parts") or [])
    if not listed or any("PartNumber" not in each or "ETag" not in each for each in listed):
        raise refusals.malformed_xml("CompleteMultipartUpload")
    completed = _completed(state, bucket, request, listed)
    if completed is not None:
        return _told(bucket, completed)
    upload = upload_of(call, bucket, request)
    encryption.check_completed(call, upload, request)
    parts = assembling.checked_parts(upload, state.parts_of[upload.id], listed)
    size = sum([part.size for part in parts])
    _check_size(request, upload, size)
    checksum = assembling.checksum_of(upload, parts)
    assembling.check_whole(request, upload, checksum)
    conditions.check_write(call, bucket, request)
    inline, segments, kept = _joined(call, parts, size)
    about = upload.about
    etag = _etag(parts) if about.encryption.algorithm == "AES256" else f"{call.world.ids.hex(32)}-{len(parts)}"
    state.end_upload(call, upload, kept=kept)
    has_kept_sums = checksum.algorithm == upload.checksum_algorithm
    version = store(
        call,
        bucket,
        key,
        about,
        size=size,
        etag=etag,
        inline=inline,
        segments=segments,
        checksum=checksum,
        parts=[PartSummary(part.number, part.size, part.checksum if has_kept_sums else "") for part in parts],
        notes={UPLOAD_NOTE: upload.id, "etags": [part.etag for part in parts]},
        how="CompleteMultipartUpload",
        owner=upload.owner,
    )
    requested(call, "post", bucket, key, 0, 0, 200)
    return _told(bucket, version)


def _completed(
    state: S3State, bucket: Bucket, request: CompleteMultipartUploadRequest, listed: list[Mapping[str, Any]]
) -> Version | None:
    """The object that this very request has made before."""
    if request["UploadId"] in state.uploads:
        return None
    for version in state.shelves[bucket.name].versions(request["Key"]):
        if version.notes.get(UPLOAD_NOTE) == request["UploadId"]:
            etags = [each["ETag"].strip('"') for each in listed]
            return version if etags == version.notes["etags"] else None
    return None


def _told(bucket: Bucket, version: Version) -> CompleteMultipartUploadOutput:
    result: dict[str, Any] = {
        "Location": _location(bucket, version.key),
        "Bucket": bucket.name,
        "Key": version.key,
        **stored(bucket, version),
    }
    result.pop("SSEKMSEncryptionContext", None)
    result.pop("SSECustomerAlgorithm", None)
    result.pop("SSECustomerKeyMD5", None)
    return result  # type: ignore[return-value]


def _location(bucket: Bucket, key: str) -> str:
    return f"https://{bucket.name}.s3.{bucket.region}.amazonaws.com/{quote(key, safe='', errors='replace')}"


def _check_size(request: CompleteMultipartUploadRequest, upload: Upload, size: int) -> None:
    said = request.get("MpuObjectSize")
    if said is not None and said != size:
        raise refusals.invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {said} does not match what was computed: {size}",
            Fact("request", "x-amz-mp-object-size", said),
            Fact(f"upload {upload.id}", "size", size),
        )


def _etag(parts: list[Part]) -> str:
    digests = b"".join([bytes.fromhex(part.etag) for part in parts])
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _joined(call: Call, parts: list[Part], size: int) -> tuple[bytes, list[Segment], frozenset[int]]:
    """The bytes of an object out of its parts: inline or in files, and whose files go on living."""
    if size <= bodies.INLINE_BYTES_MAX and not any(part.segments for part in parts):
        return b"".join([part.inline for part in parts]), [], frozenset()
    segments: list[Segment] = []
    for part in parts:
        segments += part.segments or bodies.filed(call, part.inline)
    return b"", segments, frozenset(part.number for part in parts)


def abort_multipart_upload(call: Call, request: AbortMultipartUploadRequest) -> AbortMultipartUploadOutput:
    """End an upload; its parts are gone."""
    bucket = bucket_of(call, request)
    upload = upload_of(call, bucket, request)
    if "IfMatchInitiatedTime" in request:
        raise refusals.unsupported_header("x-amz-if-match-initiated-time", request["IfMatchInitiatedTime"])
    call.state(S3State).end_upload(call, upload)
    requested(call, "delete", bucket, upload.key, 0, 0, 204)
    return {}


def list_multipart_uploads(call: Call, request: ListMultipartUploadsRequest) -> ListMultipartUploadsOutput:
    """The uploads under way, by key and then by age."""
    bucket = bucket_of(call, request)
    size = limits.checked_count("max-uploads", request.get("MaxUploads"))
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    key_marker, id_marker = request.get("KeyMarker") or "", request.get("UploadIdMarker") or ""
    write = encoder(request)
    page = uploads_page(call.state(S3State), bucket.name, prefix, delimiter, key_marker, id_marker, size)
    result: dict[str, Any] = {
        "Bucket": bucket.name,
        "KeyMarker": write(key_marker),
        "UploadIdMarker": id_marker if key_marker else "",
    }
    if page.is_truncated:
        result["NextKeyMarker"] = write(page.last)
        result["NextUploadIdMarker"] = page.last_id
    result.update({"Prefix": write(prefix), "MaxUploads": size, "IsTruncated": page.is_truncated})
    if delimiter:
        result["Delimiter"] = write(delimiter)
    if "EncodingType" in request:
        result["EncodingType"] = request["EncodingType"]
    if page.uploads:
        result["Uploads"] = [_entry(upload, write) for upload in page.uploads]
    if page.prefixes:
        result["CommonPrefixes"] = [{"Prefix": write(each)} for each in page.prefixes]
    requested(call, "list", bucket, "", 0, 0, 200)
    return result  # type: ignore[return-value]


def _entry(upload: Upload, write: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Key": write(upload.key),
        "UploadId": upload.id,
        "Initiator": assembling.initiator(upload),
        "Owner": {"ID": upload.owner},
        "StorageClass": upload.about.storage_class,
        "Initiated": upload.initiated_ms,
    }
    if upload.checksum_algorithm:
        entry["ChecksumAlgorithm"] = upload.checksum_algorithm
        entry["ChecksumType"] = upload.checksum_kind
    return entry
