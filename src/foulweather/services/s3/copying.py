"""Objects copied within S3."""

from __future__ import annotations

import base64
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.checksums import ALGORITHMS
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import (
    bodies,
    conditions,
    described,
    encryption,
    integrity,
    limits,
    partitions,
    refusals,
    standing,
)
from foulweather.services.s3.bodies import Taken
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.records import Bucket, Checksum, Described, Version
from foulweather.services.s3.sources import source_of
from foulweather.services.s3.storing import requested, store_taken

if TYPE_CHECKING:
    from aws_types.s3 import CopyObjectOutput, CopyObjectRequest

_CHANGES = ("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSECustomerAlgorithm", "SSEKMSKeyId")


def copy_object(call: Call, request: CopyObjectRequest) -> CopyObjectOutput | Awaitable[CopyObjectOutput]:
    """Copy an object; it keeps its metadata and tags, unless the request replaces them."""
    bucket = bucket_of(call, request)
    partitions.admit(call, bucket, limits.checked_key(request["Key"]), True)
    for name in ("MetadataDirective", "TaggingDirective"):
        if request.get(name, "COPY") not in ("COPY", "REPLACE"):
            kind = name.removesuffix("Directive").lower()
            raise refusals.invalid_argument(f"x-amz-{kind}-directive", request.get(name), f"Unknown {kind} directive.")
    algorithm = request.get("ChecksumAlgorithm")
    if algorithm is not None and algorithm not in ALGORITHMS:
        message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        raise refusals.invalid_request(f"{message}[{', '.join(ALGORITHMS)}]", Fact("request", "algorithm", algorithm))
    source_bucket, source = source_of(call, request)
    _check_change(call, bucket, source, request)
    if source.size > limits.COPIED_BYTES_MAX:
        raise refusals.invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy source: "
            f"{limits.COPIED_BYTES_MAX}",
            Fact(source.arn, "size", source.size),
        )
    conditions.check_write(call, bucket, request)
    about = _about(call, bucket, source, request)
    wanted = algorithm or (source.checksum.algorithm if source.checksum is not None else integrity.DEFAULT)
    if bodies.is_small(source.size):
        taken = bodies.copy(call, source, 0, source.size, wanted)
        return _copied(call, bucket, request, source_bucket, source, about, taken, wanted)
    return _later(call, bucket, request, source_bucket, source, about, wanted)


def _check_change(call: Call, bucket: Bucket, source: Version, request: CopyObjectRequest) -> None:
    if source.bucket != bucket.name or source.key != request["Key"] or "versionId=" in request["CopySource"]:
        return
    if request.get("MetadataDirective") == "REPLACE" or request.get("TaggingDirective") == "REPLACE":
        return
    if any(name in request for name in _CHANGES) or request.get("ChecksumAlgorithm"):
        return
    if "encryption" in bucket.settings:  # the bucket's default encrypts the copy anew
        return
    raise refusals.invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
        "metadata, storage class, website redirect location or encryption attributes.",
        Fact("request", "CopySource", request["CopySource"]),
    )


def _about(call: Call, bucket: Bucket, source: Version, request: CopyObjectRequest) -> Described:
    """What the copy says about itself."""
    about = described.described(call, bucket, request)
    if request.get("MetadataDirective") != "REPLACE":
        kept = source.about
        about.content_type = kept.content_type
        redirect = about.headers.get("WebsiteRedirectLocation")
        about.headers = {name: value for name, value in kept.headers.items() if name != "WebsiteRedirectLocation"}
        if redirect is not None:  # the one header that is never copied
            about.headers["WebsiteRedirectLocation"] = redirect
        about.metadata = dict(kept.metadata)
    if request.get("TaggingDirective") != "REPLACE":
        about.tags = dict(source.about.tags)
    return about


async def _later(
    call: Call,
    bucket: Bucket,
    request: CopyObjectRequest,
    source_bucket: Bucket,
    source: Version,
    about: Described,
    wanted: str,
) -> CopyObjectOutput:
    taken = await bodies.copy_later(call, source, 0, source.size, wanted)
    try:
        bucket = bucket_of(call, request)
        conditions.check_write(call, bucket, request)
    except AwsError:
        bodies.discard(call.world.files, taken)
        raise
    return _copied(call, bucket, request, source_bucket, source, about, taken, wanted)


def _copied(
    call: Call,
    bucket: Bucket,
    request: CopyObjectRequest,
    source_bucket: Bucket,
    source: Version,
    about: Described,
    taken: Taken,
    wanted: str,
) -> CopyObjectOutput:
    checksum = Checksum(wanted, base64.b64encode(taken.digests[wanted]).decode())
    version = store_taken(call, bucket, request, about, taken, checksum, "Copy")
    requested(call, "put", bucket, request["Key"], 0, 0, 200)
    result: dict[str, Any] = {
        "CopyObjectResult": {
            "ETag": f'"{version.etag}"',
            "LastModified": version.modified_ms,
            **described.checksum_members(version.checksum),
        },
        **encryption.written_headers(about.encryption),
    }
    if bucket.versioning == "Enabled":
        result["VersionId"] = version.id
    if "lifecycle" in bucket.settings:
        result.update(standing.expiration(bucket, version))
    if source_bucket.versioning:
        result["CopySourceVersionId"] = source.id
    return result  # type: ignore[return-value]
