"""Server access logging of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.s3 import access_logs, schema
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import GetBucketLoggingOutput, GetBucketLoggingRequest, PutBucketLoggingRequest


def put_bucket_logging(call: Call, request: PutBucketLoggingRequest) -> None:
    """Have the requests for a bucket written down in another, or no more."""
    bucket = bucket_of(call, request)
    schema.check(call, request)
    enabled: dict[str, Any] | None = request["BucketLoggingStatus"].get("LoggingEnabled")  # type: ignore[assignment]
    if enabled is None:
        bucket.settings.pop("logging", None)
    else:
        _check(call, bucket, enabled)
        bucket.settings["logging"] = dict(enabled)
        access_logs.listen(call.world)
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.LoggingPut", bucket.arn, LoggingEnabled=enabled)


def _check(call: Call, bucket: Bucket, enabled: dict[str, Any]) -> None:
    if enabled.get("TargetGrants"):
        raise not_implemented("s3", "PutBucketLogging.TargetGrants")
    form: dict[str, Any] = enabled.get("TargetObjectKeyFormat") or {}
    if len(form) > 1:
        raise schema.malformed(Fact("request", "TargetObjectKeyFormat", sorted(form)))
    target = call.state(S3State).buckets.get(enabled["TargetBucket"])
    if target is None:
        raise _invalid(enabled, "The target bucket for logging does not exist")
    if target.account != bucket.account:
        raise _invalid(enabled, "The owner for the bucket to be logged and the target bucket must be the same.")
    if target.region != bucket.region:
        raise _invalid(enabled, "The target bucket for logging must be in the same Region as the bucket to be logged.")


def _invalid(enabled: dict[str, Any], message: str) -> AwsError:
    return AwsError(
        "InvalidTargetBucketForLogging",
        message,
        400,
        facts=(Fact("request", "TargetBucket", enabled["TargetBucket"]),),
        members={"TargetBucket": enabled["TargetBucket"]},
    )


def get_bucket_logging(call: Call, request: GetBucketLoggingRequest) -> GetBucketLoggingOutput:
    """Where the requests for a bucket are written down; empty where they are not."""
    bucket = bucket_of(call, request)
    return {"LoggingEnabled": bucket.settings["logging"]} if "logging" in bucket.settings else {}
