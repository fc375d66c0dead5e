"""The source of a copy: where it is, whether it may be read, what of it is copied.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.s3 import conditions, encryption, limits, refusals, storage_classes
from foulweather.services.s3.finding import check_owner
from foulweather.services.s3.judging import may
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.state import S3State


class Named(NamedTuple):
    """What `x-amz-copy-source` names."""

    bucket: str
    key: str
    version_id: str | None


def named(text: str) -> Named:
    """The bucket, key and version that a header names: `/bucket/key?versionId=id`, percent-encoded."""
    path, mark, query = text.partition("?versionId=")
    try:
        path = unquote(path, errors="strict").removeprefix("/")
    except UnicodeError:
        path = ""
    if path.startswith("arn:"):
        raise not_implemented("s3", "CopyObject.CopySource of an access point")
    bucket, _, key = path.partition("/")
    if not bucket or not key:
        raise refusals.invalid_argument(
            "x-amz-copy-source", text, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        )
    return Named(bucket, key, unquote(query) if mark else None)


def source_of(call: Call, request: Mapping[str, Any]) -> tuple[Bucket, Version]:
    """The version that is copied; refuses what is not there, or does not meet the conditions on it."""
    source = named(request["CopySource"])
    state = call.state(S3State)
    bucket = state.buckets.get(source.bucket)
    if bucket is None:
        raise refusals.no_such_bucket(source.bucket)
    if "ExpectedSourceBucketOwner" in request:
        check_owner(bucket, request["ExpectedSourceBucketOwner"])
    shelf = state.shelves[bucket.name]
    limits.checked_key(source.key)
    if source.version_id is not None:
        limits.checked_version_id(source.version_id)
        version = shelf.find(source.key, source.version_id)
        if version is None:
            raise refusals.no_such_version(bucket.name, source.key, source.version_id)
        if version.is_delete_marker:
            message = "The source of a copy request may not specifically refer to a delete marker by version id."
            raise refusals.invalid_request(message, Fact(version.arn, f"version {version.id}", "a delete marker"))
    else:
        version = shelf.newest(source.key)
        if version is None or version.is_delete_marker:
            if not may(call, "s3:ListBucket", bucket):
                raise refusals.hidden_key(bucket, source.key)
            raise refusals.no_such_key(bucket.name, source.key)
    conditions.check_source(request, version)
    storage_classes.check_readable(call, version)
    encryption.check_source_readable(call, version, request)
    return bucket, version
