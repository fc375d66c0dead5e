"""Lifecycle configurations of buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import lifecycle_checks, schema, upkeep_runs
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.lifecycle_rules import ALL_128K
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketLifecycleRequest,
        GetBucketLifecycleConfigurationOutput,
        GetBucketLifecycleConfigurationRequest,
        PutBucketLifecycleConfigurationOutput,
        PutBucketLifecycleConfigurationRequest,
    )

MINIMUM = "TransitionDefaultMinimumObjectSize"


def put_bucket_lifecycle_configuration(
    call: Call, request: PutBucketLifecycleConfigurationRequest
) -> PutBucketLifecycleConfigurationOutput:
    """Set a bucket's lifecycle rules, in place of those before."""
    bucket = bucket_of(call, request)
    schema.check(call, request)
    rules = lifecycle_checks.checked(call, request.get("LifecycleConfiguration") or {})
    default_size = request.get("TransitionDefaultMinimumObjectSize") or ALL_128K
    bucket.settings["lifecycle"] = {"Rules": rules, MINIMUM: default_size}
    call.state(S3State).buckets.touch(bucket.name)
    upkeep_runs.begin(call.world, bucket, call.now)
    call.changed(
        "s3.LifecycleConfigurationPut", bucket.arn, Rules=rules, TransitionDefaultMinimumObjectSize=default_size
    )
    return {"TransitionDefaultMinimumObjectSize": default_size}


def get_bucket_lifecycle_configuration(
    call: Call, request: GetBucketLifecycleConfigurationRequest
) -> GetBucketLifecycleConfigurationOutput:
    """A bucket's lifecycle rules."""
    bucket = bucket_of(call, request)
    configuration: dict[str, Any] | None = bucket.settings.get("lifecycle")
    if configuration is None:
        raise AwsError(
            "NoSuchLifecycleConfiguration",
            "The lifecycle configuration does not exist",
            404,
            facts=(Fact(bucket.arn, "LifecycleConfiguration", None),),
            members={"BucketName": bucket.name},
        )
    return {"Rules": configuration["Rules"], MINIMUM: configuration[MINIMUM]}  # type: ignore[return-value]


def delete_bucket_lifecycle(call: Call, request: DeleteBucketLifecycleRequest) -> None:
    """Take a bucket's lifecycle rules away; what they would have done does not happen."""
    bucket = bucket_of(call, request)
    if bucket.settings.pop("lifecycle", None) is not None:
        call.state(S3State).buckets.touch(bucket.name)
        upkeep_runs.begin(call.world, bucket, call.now)
        call.changed("s3.LifecycleConfigurationDeleted", bucket.arn, Rules=[])
