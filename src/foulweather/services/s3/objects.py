"""Objects: written whole, and read."""

from __future__ import annotations

import base64
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.bodies import Incoming
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.s3 import (
    bodies,
    conditions,
    encryption,
    integrity,
    limits,
    partitions,
    ranges,
    refusals,
    storage_classes,
)
from foulweather.services.s3.bodies import Taken
from foulweather.services.s3.described import checksum_members, described, part_checksum, told
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.integrity import Declared
from foulweather.services.s3.reading import read_version
from foulweather.services.s3.records import Bucket, Checksum, Described, Version
from foulweather.services.s3.state import S3State, Watch
from foulweather.services.s3.storing import requested, store_taken, stored

if TYPE_CHECKING:
    from aws_types.s3 import (
        GetObjectOutput,
        GetObjectRequest,
        HeadObjectOutput,
        HeadObjectRequest,
        PutObjectOutput,
        PutObjectRequest,
    )

OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}


def put_object(call: Call, request: PutObjectRequest) -> PutObjectOutput | Awaitable[PutObjectOutput]:
    """Store an object whole; the newest write to a key wins, unless a condition says otherwise."""
    bucket = bucket_of(call, request)
    partitions.admit(call, bucket, limits.checked_key(request["Key"]), True)
    said = integrity.declared(request)
    conditions.check_write(call, bucket, request)
    about = described(call, bucket, request)
    body = cast("bytes | Incoming", request.get("Body", b""))
    if isinstance(body, Incoming):
        return _put_incoming(call, bucket, request, about, said, body)
    taken = bodies.take(
        call, body, integrity.algorithms(said), limits.PUT_BYTES_MAX, lambda: refusals.put_too_large(len(body))
    )
    try:
        algorithm, value = integrity.check(said, taken)
    except AwsError:
        bodies.discard(call.world.files, taken)
        raise
    return _put(call, bucket, request, about, taken, algorithm, value)


async def _put_incoming(
    call: Call, bucket: Bucket, request: PutObjectRequest, about: Described, said: Declared, body: Incoming
) -> PutObjectOutput:
    state, key = call.state(S3State), request["Key"]
    watch: Watch | None = state.watch(bucket.name, key) if conditions.is_on_write(request) else None
    try:
        taken = await bodies.take_incoming(
            call, body, integrity.digests(said), limits.PUT_BYTES_MAX, lambda: refusals.put_too_large(body.size or 0)
        )
        try:
            algorithm, value = integrity.check(said, taken)
            bucket = bucket_of(call, request)
            conditions.check_write(call, bucket, request, watch)
        except AwsError:
            bodies.discard(call.world.files, taken)
            raise
    finally:
        if watch is not None:
            state.unwatch(bucket.name, key, watch)
    return _put(call, bucket, request, about, taken, algorithm, value)


def _put(
    call: Call,
    bucket: Bucket,
    request: PutObjectRequest,
    about: Described,
    taken: Taken,
    algorithm: str,
    value: bytes,
) -> PutObjectOutput:
    checksum = Checksum(algorithm, base64.b64encode(value).decode())
    is_form = call.traits.get("s3:authtype") == "POST"
    version = store_taken(call, bucket, request, about, taken, checksum, "Post" if is_form else "Put")
    requested(call, "post" if is_form else "put", bucket, request["Key"], taken.size, 0, 200)
    return stored(bucket, version)  # type: ignore[return-value]


def get_object(call: Call, request: GetObjectRequest) -> GetObjectOutput:
    """An object, or a part of it."""
    bucket, version = read_version(call, request, "GET", encryption.check_readable)
    storage_classes.check_readable(call, version)
    result, start, size = _read(call, bucket, version, request)
    result["Body"] = bodies.read(call.world.files, version, start, size)
    status = 206 if "ContentRange" in result else 200
    requested(call, "get", bucket, version.key, 0, size, status, version.about.storage_class)
    return result  # type: ignore[return-value]


def head_object(call: Call, request: HeadObjectRequest) -> HeadObjectOutput:
    """What there is to know about an object, without its bytes."""
    bucket, version = read_version(call, request, "HEAD", encryption.check_seen)
    result, _, _ = _read(call, bucket, version, request)
    requested(call, "head", bucket, version.key, 0, 0, 206 if "ContentRange" in result else 200)
    return result  # type: ignore[return-value]


def _read(call: Call, bucket: Bucket, version: Version, request: Any) -> tuple[dict[str, Any], int, int]:
    """The answer about a version, and which bytes of it are asked for."""
    conditions.check_read(request, version, call.now)
    span = ranges.asked(request, version)
    result = told(call, bucket, version)
    _override(call, request, result)
    start, size = 0, version.size
    if span is not None:
        start, size = span.start, span.size
        result["ContentLength"] = size
        if size:
            result["ContentRange"] = f"bytes {start}-{start + size - 1}/{version.size}"
        if "PartNumber" in request and version.parts:
            result["PartsCount"] = len(version.parts)
    if request.get("ChecksumMode") == "ENABLED":
        if size == version.size:
            result.update(checksum_members(version.checksum))
        elif span is not None and span.part is not None:
            result.update(part_checksum(version, span.part))
    return result, start, size


def _override(call: Call, request: Any, result: dict[str, Any]) -> None:
    """Headers of the answer that the asker chooses; nobody may who does not sign."""
    for asked, member in OVERRIDES.items():
        if asked in request:
            if not call.access_key_id and call.principal.kind == "anonymous":
                message = "Request specific response headers cannot be used for anonymous GET requests."
                raise refusals.invalid_request(message)
            result[member] = request[asked]
