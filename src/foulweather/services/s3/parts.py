"""The parts of uploads: sent, copied, listed."""

from __future__ import annotations

import base64
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.bodies import Incoming
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.s3 import (
    assembling,
    bodies,
    encryption,
    integrity,
    limits,
    partitions,
    ranges,
    refusals,
    standing,
)
from foulweather.services.s3.bodies import Taken
from foulweather.services.s3.finding import bucket_of, upload_of
from foulweather.services.s3.integrity import Declared
from foulweather.services.s3.ranges import Span
from foulweather.services.s3.records import Bucket, Checksum, Part, Upload, Version
from foulweather.services.s3.sources import source_of
from foulweather.services.s3.state import S3State
from foulweather.services.s3.storing import etag_of, requested

if TYPE_CHECKING:
    from aws_types.s3 import (
        ListPartsOutput,
        ListPartsRequest,
        UploadPartCopyOutput,
        UploadPartCopyRequest,
        UploadPartOutput,
        UploadPartRequest,
    )


def upload_part(call: Call, request: UploadPartRequest) -> UploadPartOutput | Awaitable[UploadPartOutput]:
    """Take in one part; sent again, it replaces the first."""
    bucket = bucket_of(call, request)
    partitions.admit(call, bucket, limits.checked_key(request["Key"]), True)
    limits.checked_part_number(request["PartNumber"])
    said = integrity.declared(request)
    upload = upload_of(call, bucket, request)
    if not said.is_in_trailer:
        assembling.check_part(upload, said.algorithm)
    encryption.check_part(call, upload, request)
    body = cast("bytes | Incoming", request.get("Body", b""))
    if isinstance(body, Incoming):
        return _upload_incoming(call, bucket, upload, request, said, body)
    algorithms = integrity.algorithms(said, assembling.part_algorithm(upload))
    taken = bodies.take(call, body, algorithms, limits.PART_BYTES_MAX, lambda: _too_large(len(body)))
    try:
        algorithm, value = integrity.check(said, taken)
    except AwsError:
        bodies.discard(call.world.files, taken)
        raise
    return _uploaded(call, bucket, upload, request["PartNumber"], taken, algorithm, value)


async def _upload_incoming(
    call: Call, bucket: Bucket, upload: Upload, request: UploadPartRequest, said: Declared, body: Incoming
) -> UploadPartOutput:
    digests = integrity.digests(said, assembling.part_algorithm(upload))
    taken = await bodies.take_incoming(call, body, digests, limits.PART_BYTES_MAX, lambda: _too_large(body.size or 0))
    try:
        algorithm, value = integrity.check(said, taken)
        if said.is_in_trailer:
            assembling.check_part(upload, algorithm)
        upload = upload_of(call, bucket_of(call, request), request)
    except AwsError:
        bodies.discard(call.world.files, taken)
        raise
    return _uploaded(call, bucket, upload, request["PartNumber"], taken, algorithm, value)


def _too_large(size: int) -> AwsError:
    return refusals.entity_too_large(size, limits.PART_BYTES_MAX)


def _part(call: Call, upload: Upload, number: int, taken: Taken, sent: Checksum | None = None) -> Part:
    """Make what was taken in a part of its upload."""
    value = taken.digests[assembling.part_algorithm(upload)]
    part = Part(
        number,
        etag_of(call, upload.about, taken.md5),
        taken.size,
        call.world.clock.now_ms,
        taken.inline,
        taken.segments,
        base64.b64encode(value).decode(),
        sent,
    )
    state = call.state(S3State)
    before = state.parts_of[upload.id].get(number)
    state.add_part(upload, part, call.world.files)
    arn = f"arn:aws:s3:::{upload.bucket}/{upload.key}"
    size = taken.size - (before.size if before is not None else 0)
    call.happened("s3.PartStored", arn, bucket=upload.bucket, upload=upload.id, part=number, size=size)
    return part


def _uploaded(
    call: Call, bucket: Bucket, upload: Upload, number: int, taken: Taken, algorithm: str, value: bytes
) -> UploadPartOutput:
    sent = Checksum(algorithm, base64.b64encode(value).decode())
    part = _part(call, upload, number, taken, None if upload.checksum_algorithm else sent)
    requested(call, "put", bucket, upload.key, taken.size, 0, 200)
    result: dict[str, Any] = {"ETag": f'"{part.etag}"', **encryption.headers(upload.about.encryption)}
    result[f"Checksum{algorithm}"] = sent.value
    return result  # type: ignore[return-value]


def upload_part_copy(
    call: Call, request: UploadPartCopyRequest
) -> UploadPartCopyOutput | Awaitable[UploadPartCopyOutput]:
    """Make a part out of (a range of) an object that is in S3 already."""
    bucket = bucket_of(call, request)
    partitions.admit(call, bucket, limits.checked_key(request["Key"]), True)
    limits.checked_part_number(request["PartNumber"])
    upload = upload_of(call, bucket, request)
    encryption.check_part(call, upload, request)
    source_bucket, source = source_of(call, request)
    text = request.get("CopySourceRange")
    span = ranges.copied(text, source) if text is not None else Span(0, source.size)
    if span.size > limits.PART_BYTES_MAX:
        raise refusals.entity_too_large(span.size, limits.PART_BYTES_MAX)
    if bodies.is_small(span.size):
        taken = bodies.copy(call, source, span.start, span.size, assembling.part_algorithm(upload))
        return _copied(call, bucket, upload, request, source_bucket, source, taken)
    return _copy_later(call, bucket, upload, request, source_bucket, source, span)


async def _copy_later(
    call: Call,
    bucket: Bucket,
    upload: Upload,
    request: UploadPartCopyRequest,
    source_bucket: Bucket,
    source: Version,
    span: Span,
) -> UploadPartCopyOutput:
    taken = await bodies.copy_later(call, source, span.start, span.size, assembling.part_algorithm(upload))
    try:
        upload = upload_of(call, bucket_of(call, request), request)
    except AwsError:
        bodies.discard(call.world.files, taken)
        raise
    return _copied(call, bucket, upload, request, source_bucket, source, taken)


def _copied(
    call: Call,
    bucket: Bucket,
    upload: Upload,
    request: UploadPartCopyRequest,
    source_bucket: Bucket,
    source: Version,
    taken: Taken,
) -> UploadPartCopyOutput:
    part = _part(call, upload, request["PartNumber"], taken)
    requested(call, "put", bucket, upload.key, 0, 0, 200)
    told: dict[str, Any] = {"LastModified": part.modified_ms, "ETag": f'"{part.etag}"'}
    if upload.checksum_algorithm:
        told[f"Checksum{upload.checksum_algorithm}"] = part.checksum
    result: dict[str, Any] = {"CopyPartResult": told, **encryption.headers(upload.about.encryption)}
    if source_bucket.versioning:
        result["CopySourceVersionId"] = source.id
    return result  # type: ignore[return-value]


def list_parts(call: Call, request: ListPartsRequest) -> ListPartsOutput:
    """The parts of an upload that have come so far, by number."""
    bucket = bucket_of(call, request)
    size = limits.checked_count("max-parts", request.get("MaxParts"))
    marker = _marker(request.get("PartNumberMarker"))
    upload = upload_of(call, bucket, request)
    held = call.state(S3State).parts_of[upload.id]
    numbers = list(held.irange(marker, inclusive=(False, True)))
    page = numbers[:size]
    algorithm = upload.checksum_algorithm
    result: dict[str, Any] = {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.id,
        "Initiator": assembling.initiator(upload),
        "Owner": {"ID": upload.owner},
        "StorageClass": upload.about.storage_class,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page[-1] if page else 0,
        "MaxParts": size,
        "IsTruncated": len(page) < len(numbers) and size > 0,
        **standing.abortion(bucket, upload),
    }
    if algorithm:
        result.update({"ChecksumAlgorithm": algorithm, "ChecksumType": upload.checksum_kind})
    if page:
        result["Parts"] = [_entry(held[number], algorithm) for number in page]
    requested(call, "get", bucket, upload.key, 0, 0, 200)
    return result  # type: ignore[return-value]


def _marker(given: object) -> int:
    text = str(given if given is not None else 0)
    if not text.isdigit() or int(text) > limits.COUNT_MAX:
        message = "Argument part-number-marker must be an integer between 0 and 2147483647"
        raise refusals.invalid_argument("part-number-marker", text, message)
    return int(text)


def _entry(part: Part, algorithm: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "PartNumber": part.number,
        "LastModified": part.modified_ms,
        "ETag": f'"{part.etag}"',
        "Size": part.size,
    }
    if algorithm:
        entry[f"Checksum{algorithm}"] = part.checksum
    return entry
