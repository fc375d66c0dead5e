"""Which version a request may read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.s3 import partitions, refusals
from foulweather.services.s3.finding import bucket_of, version_asked
from foulweather.services.s3.judging import may_see
from foulweather.services.s3.records import Bucket, Version


def read_version(
    call: Call, request: Any, method: str, check: Callable[[Call, Version, Any], None]
) -> tuple[Bucket, Version]:
    """The version that a request may read; who may not list the bucket is not told that a key is missing.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    bucket = bucket_of(call, request)
    partitions.admit(call, bucket, request["Key"], False)
    version = version_asked(call, bucket, request["Key"], request.get("VersionId"), method)
    if version is None:
        if not may_see(call, bucket, request["Key"]):
            raise refusals.hidden_key(bucket, request["Key"])
        raise refusals.no_such_key(bucket.name, request["Key"])
    check(call, version, request)
    return bucket, version
