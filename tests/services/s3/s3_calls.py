"""What the tests of S3 share."""

from __future__ import annotations

import asyncio
import base64
import inspect
from collections.abc import AsyncIterator
from typing import Any

import pytest

from foulweather.kernel.bodies import Incoming
from foulweather.kernel.checksums import encoded
from foulweather.kernel.errors import AwsError
from harness import Aws

BUCKET = "a-bucket"
PART = 5 << 20


def refused(aws_call: Any, request: dict[str, Any]) -> AwsError:
    """The refusal of a call."""
    with pytest.raises(AwsError) as caught:
        aws_call(request)
    return caught.value


async def done(answer: Any) -> Any:
    """An answer, waited for where it must be."""
    return await answer if inspect.isawaitable(answer) else answer


def new_bucket(aws: Aws, name: str = BUCKET, *, versioning: str = "", **more: Any) -> str:
    """A bucket."""
    aws.s3.create_bucket({"Bucket": name, **more})
    if versioning:
        aws.s3.put_bucket_versioning({"Bucket": name, "VersioningConfiguration": {"Status": versioning}})
    return name


def count_requests(aws: Aws, bucket: str = BUCKET) -> None:
    """Let a bucket have metrics of its requests, which the journal then tells one by one."""
    metrics = {"Id": "all"}
    aws.s3.put_bucket_metrics_configuration({"Bucket": bucket, "Id": "all", "MetricsConfiguration": metrics})


def put(aws: Aws, key: str, body: bytes = b"x", bucket: str = BUCKET, **more: Any) -> dict[str, Any]:
    """An object, put whole."""
    return aws.s3.put_object({"Bucket": bucket, "Key": key, **({"Body": body} if body else {}), **more})


def get(aws: Aws, key: str, bucket: str = BUCKET, **more: Any) -> dict[str, Any]:
    """An object."""
    return aws.s3.get_object({"Bucket": bucket, "Key": key, **more})


def body_of(aws: Aws, key: str, bucket: str = BUCKET, **more: Any) -> bytes:
    """A small object's bytes."""
    return get(aws, key, bucket, **more)["Body"]


async def whole(body: Any) -> bytes:
    """An object's bytes, however they come."""
    return body if isinstance(body, bytes) else b"".join([piece async for piece in body])


def incoming(data: bytes, piece: int = 64 << 10, trailers: dict[str, str] | None = None, cut: int = 0) -> Incoming:
    """A body that still arrives."""

    async def pieces() -> AsyncIterator[bytes]:
        end = len(data) - cut
        for start in range(0, end, piece):
            await asyncio.sleep(0)
            yield data[start : min(start + piece, end)]
        if cut:
            raise AwsError("IncompleteBody", "The request body terminated unexpectedly", 400)

    return Incoming(pieces(), len(data), trailers or {})


def keys(listed: dict[str, Any], of: str = "Contents") -> list[str]:
    """The keys of a listing."""
    return [entry["Key"] for entry in listed.get(of, [])]


def prefixes(listed: dict[str, Any]) -> list[str]:
    """The common prefixes of a listing."""
    return [entry["Prefix"] for entry in listed.get("CommonPrefixes", [])]


def crc64(data: bytes) -> str:
    """What S3 sums by itself."""
    return encoded("CRC64NVME", data)


def sha256(data: bytes) -> str:
    """SHA-256 in base64."""
    return encoded("SHA256", data)


def b64(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()
