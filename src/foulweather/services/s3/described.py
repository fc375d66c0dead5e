"""What an uploader says about an object: read out of the request, checked, and told to readers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from email.header import decode_header
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.checksums import ALGORITHMS
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import (
    acl,
    defaults,
    encryption,
    limits,
    locks,
    refusals,
    standing,
    storage_classes,
    tagging,
)
from foulweather.services.s3.judging import may
from foulweather.services.s3.records import Bucket, Checksum, Described, PartSummary, Version

HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "Expires",
    "WebsiteRedirectLocation",
)
_WITH_LOCKS = frozenset({"ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"})


_SAYING_NOTHING = frozenset(
    {
        *("Bucket", "Key", "Body", "ContentLength", "ContentMD5", "ContentType", "ExpectedBucketOwner", "IfMatch"),
        *("IfNoneMatch", "RequestPayer", "UploadId", "ChecksumAlgorithm", "ChecksumType"),
        *[f"Checksum{algorithm}" for algorithm in ALGORITHMS],
    }
)
"""Members of uploads that are not about the object, but for its type."""


def described(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> Described:
    """What the request of an upload says about its object; refuses what makes no sense."""
    if request.keys() <= _SAYING_NOTHING and not bucket.has_lock and defaults.SETTING not in bucket.settings:
        owner = acl.object_owner(call, bucket, request)
        return Described(request.get("ContentType") or "binary/octet-stream", grants=[acl.owners_grant(owner)])
    if "WriteOffsetBytes" in request:
        raise refusals.unsupported_header("x-amz-write-offset-bytes", request["WriteOffsetBytes"])
    about = Described(
        content_type=request.get("ContentType") or "binary/octet-stream",
        headers=headers_of(request),
        metadata=metadata_of(request),
        tags=tagging.of_header(request["Tagging"]) if request.get("Tagging") else {},
        storage_class=storage_classes.checked(request.get("StorageClass") or "STANDARD"),
        grants=acl.grants_for(call, bucket, request),
    )
    about.encryption = encryption.chosen(call, bucket, request)
    if bucket.has_lock or not _WITH_LOCKS.isdisjoint(request):
        about.retention, about.legal_hold = locks.retention_for(call, bucket, request)
    return about


def headers_of(request: Mapping[str, Any]) -> dict[str, str]:
    """The headers that readers get back as they came."""
    found = {name: request[name] for name in HEADERS if name in request}
    coding = found.get("ContentEncoding")
    if coding is not None and "aws-chunked" in coding:
        # A coding of transfers, which objects never have.
        left = ",".join([each.strip() for each in coding.split(",") if each.strip() != "aws-chunked"])
        found = {name: value for name, value in found.items() if name != "ContentEncoding"}
        if left:
            found["ContentEncoding"] = left
    location = found.get("WebsiteRedirectLocation")
    if location is not None and not location.startswith(("/", "http://", "https://")):
        raise AwsError(
            "InvalidRedirectLocation",
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
            400,
            facts=(Fact("request", "x-amz-website-redirect-location", location),),
        )
    return found


def metadata_of(request: Mapping[str, Any]) -> dict[str, str]:
    """User-defined metadata; S3 keeps names in lower case, and reads values that are coded by RFC 2047.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
    """
    metadata: dict[str, str] | None = request.get("Metadata")
    if not metadata:
        return {}
    return limits.checked_metadata({name.lower(): _decoded(value.strip()) for name, value in metadata.items()})


def _decoded(value: str) -> str:
    if not (value.startswith("=?") and value.endswith("?=")):
        return value
    try:
        return "".join(
            [part.decode(charset or "latin-1") if isinstance(part, bytes) else part for part, charset in _words(value)]
        )
    except (ValueError, LookupError):
        return value


def _words(value: str) -> list[tuple[bytes | str, str | None]]:
    return decode_header(value)


def _encoded(value: str) -> str:
    if value.isascii():
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode('utf-8', 'replace')).decode()}?="


def told(call: Call, bucket: Bucket, version: Version) -> dict[str, Any]:
    """The members that GetObject and HeadObject have in common."""
    about = version.about
    result: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": version.modified_ms,
        "ETag": f'"{version.etag}"',
        "ContentType": about.content_type,
        "ContentLength": version.size,
    }
    if about.headers:
        result.update(about.headers)
    if about.metadata:
        result["Metadata"] = {name: _encoded(value) for name, value in about.metadata.items()}
    if bucket.versioning:
        result["VersionId"] = version.id
    if about.storage_class != "STANDARD":
        result["StorageClass"] = about.storage_class
    if version.notes or "lifecycle" in bucket.settings:
        result.update(standing.members(call, bucket, version))
    result.update(encryption.headers(about.encryption))
    if about.tags and may(call, "s3:GetObjectTagging", bucket, version.key):
        result["TagCount"] = len(about.tags)
    if about.retention is not None and may(call, "s3:GetObjectRetention", bucket, version.key):
        result["ObjectLockMode"] = about.retention.mode
        result["ObjectLockRetainUntilDate"] = about.retention.until_ms
    if about.legal_hold and may(call, "s3:GetObjectLegalHold", bucket, version.key):
        result["ObjectLockLegalHoldStatus"] = "ON"
    return result


def checksum_members(checksum: Checksum | None) -> dict[str, str]:
    """An object's checksum as results have it."""
    if checksum is None:
        return {}
    return {f"Checksum{checksum.algorithm}": checksum.value, "ChecksumType": checksum.kind}


def part_checksum(version: Version, part: PartSummary) -> dict[str, str]:
    """A part's own checksum as results have it."""
    if version.checksum is None or not part.checksum:
        return {}
    return {f"Checksum{version.checksum.algorithm}": part.checksum, "ChecksumType": version.checksum.kind}
