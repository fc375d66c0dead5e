"""CORS configurations of buckets: which web pages may ask for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import cors_rules, schema
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketCorsRequest,
        GetBucketCorsOutput,
        GetBucketCorsRequest,
        PutBucketCorsRequest,
    )


def put_bucket_cors(call: Call, request: PutBucketCorsRequest) -> None:
    """Set a bucket's CORS rules, in place of those before."""
    bucket = bucket_of(call, request)
    schema.check(call, request)
    configuration: dict[str, Any] = dict(request["CORSConfiguration"])
    rules = cors_rules.checked(configuration["CORSRules"])
    bucket.settings["cors"] = {"CORSRules": rules}
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.BucketCorsSet", bucket.arn, CORSRules=rules)


def get_bucket_cors(call: Call, request: GetBucketCorsRequest) -> GetBucketCorsOutput:
    """A bucket's CORS rules."""
    bucket = bucket_of(call, request)
    configuration: dict[str, Any] | None = bucket.settings.get("cors")
    if configuration is None:
        raise AwsError(
            "NoSuchCORSConfiguration",
            "The CORS configuration does not exist",
            404,
            facts=(Fact(bucket.arn, "CORSRules", None),),
            members={"BucketName": bucket.name},
        )
    return {"CORSRules": configuration["CORSRules"]}


def delete_bucket_cors(call: Call, request: DeleteBucketCorsRequest) -> None:
    """Take a bucket's CORS rules away."""
    bucket = bucket_of(call, request)
    if bucket.settings.pop("cors", None) is not None:
        call.state(S3State).buckets.touch(bucket.name)
        call.changed("s3.BucketCorsDeleted", bucket.arn, CORSRules=[])
