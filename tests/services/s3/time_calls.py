"""What the tests of S3's own doings have in common."""

from __future__ import annotations

import json
from typing import Any

from harness import Aws

DAY_S = 86_400
BIG = b"x" * (128 << 10)


def made(aws: Aws, name: str = "b", *, versioned: bool = False, **members: Any) -> str:
    """A bucket (`b` is short for a valid name)."""
    name = {"b": "time-bucket"}.get(name, name)
    aws.s3.create_bucket({"Bucket": name, **members})
    if versioned:
        aws.s3.put_bucket_versioning({"Bucket": name, "VersioningConfiguration": {"Status": "Enabled"}})
    return name


def put(aws: Aws, bucket: str, key: str, body: bytes = b"hello", **members: Any) -> dict[str, Any]:
    """An object."""
    return aws.s3.put_object({"Bucket": bucket, "Key": key, "Body": body, **members})


async def days(aws: Aws, count: int) -> None:
    """Let days pass."""
    await aws.advance(seconds=count * DAY_S)


def keys(aws: Aws, bucket: str, prefix: str = "") -> list[str]:
    """The keys that a listing shows."""
    listed = aws.s3.list_objects_v2({"Bucket": bucket, "Prefix": prefix})
    return [entry["Key"] for entry in listed.get("Contents", [])]


def allow(aws: Aws, bucket: str, service: str, *actions: str) -> None:
    """A bucket policy that lets a service in."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    aws.s3.put_bucket_policy({"Bucket": bucket, "Policy": json.dumps(document)})
