"""Transfer acceleration of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals, schema
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        GetBucketAccelerateConfigurationOutput,
        GetBucketAccelerateConfigurationRequest,
        PutBucketAccelerateConfigurationRequest,
    )


def put_bucket_accelerate_configuration(call: Call, request: PutBucketAccelerateConfigurationRequest) -> None:
    """Let a bucket be reached by the accelerated endpoint, or no more."""
    bucket = bucket_of(call, request)
    schema.check(call, request)
    status = request["AccelerateConfiguration"].get("Status")
    if status is None:
        raise schema.malformed(Fact("request", "Status", None))
    if "." in bucket.name:
        raise refusals.invalid_request(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
            Fact("request", "Bucket", bucket.name),
        )
    bucket.settings["accelerate"] = status
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.AccelerateConfigurationPut", bucket.arn, Status=status)


def get_bucket_accelerate_configuration(
    call: Call, request: GetBucketAccelerateConfigurationRequest
) -> GetBucketAccelerateConfigurationOutput:
    """Whether a bucket is accelerated; empty where that was never set."""
    bucket = bucket_of(call, request)
    return {"Status": bucket.settings["accelerate"]} if "accelerate" in bucket.settings else {}
