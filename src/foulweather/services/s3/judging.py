"""What else a caller may do, judged in the middle of a request: one key of many, or to see that a key is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Permission
from foulweather.services.s3.condition_keys import Conditions
from foulweather.services.s3.protected import bucket_resource, key_resource
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.state import S3State

Request = Mapping[str, Any]
NO_REQUEST: Request = {}


def may(call: Call, action: str, bucket: Bucket, key: str = "") -> bool:
    """Whether the caller may do something besides, as to see that a key is missing (s3:ListBucket)."""
    return denied(call, action, bucket, key) is None


def denied(
    call: Call, action: str, bucket: Bucket, key: str = "", version_id: str | None = None, request: Request = NO_REQUEST
) -> AwsError | None:
    """The refusal of an action on a bucket or one of its keys; None where the caller may."""
    version: Version | None = None
    if key:
        version = version_of(call, bucket, key, version_id)
        resource = key_resource(call, bucket, key, version, action)
    else:
        resource = bucket_resource(call, bucket)
    try:
        call.pipeline.require(call, Permission(action, resource, Conditions(call, request, bucket, version)))
    except AwsError as error:
        return error
    return None


def is_told(call: Call, bucket: Bucket, key: str) -> bool:
    """Whether somebody who may not read a missing key may see that it is missing: not where reading is forbidden."""
    refusal = denied(call, "s3:GetObject", bucket, key)
    return refusal is not None and not refusal.why.cause.endswith(" forbids it.") and may_see(call, bucket, key)


def may_see(call: Call, bucket: Bucket, key: str) -> bool:
    """Whether the caller may list the bucket, if only under a prefix that the key has."""
    return denied(call, "s3:ListBucket", bucket, request={"Prefix": key}) is None


def version_of(call: Call, bucket: Bucket, key: str, version_id: str | None) -> Version | None:
    """The version that is named by its id, or the newest; None where there is none."""
    shelf = call.state(S3State).shelves[bucket.name]
    return shelf.newest(key) if version_id is None else shelf.find(key, version_id)
