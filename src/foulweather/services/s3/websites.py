"""Website configurations of buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import schema, website_rules
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketWebsiteRequest,
        GetBucketWebsiteOutput,
        GetBucketWebsiteRequest,
        PutBucketWebsiteRequest,
    )

MEMBERS = ("IndexDocument", "ErrorDocument", "RedirectAllRequestsTo", "RoutingRules")


def put_bucket_website(call: Call, request: PutBucketWebsiteRequest) -> None:
    """Make a bucket a website, or change how it is one."""
    bucket = bucket_of(call, request)
    schema.check(call, request)
    configuration = website_rules.checked(request["WebsiteConfiguration"])
    bucket.settings["website"] = configuration
    call.state(S3State).buckets.touch(bucket.name)
    facts: dict[str, Any] = {name: configuration.get(name) for name in MEMBERS}
    call.changed("s3.BucketWebsiteSet", bucket.arn, WebsiteConfiguration=configuration, **facts)


def get_bucket_website(call: Call, request: GetBucketWebsiteRequest) -> GetBucketWebsiteOutput:
    """How a bucket is a website."""
    bucket = bucket_of(call, request)
    configuration: Any = bucket.settings.get("website")
    if configuration is None:
        raise _no_website(bucket)
    return configuration


def delete_bucket_website(call: Call, request: DeleteBucketWebsiteRequest) -> None:
    """Make a bucket a website no more."""
    bucket = bucket_of(call, request)
    if bucket.settings.pop("website", None) is not None:
        call.state(S3State).buckets.touch(bucket.name)
        facts: dict[str, Any] = dict.fromkeys(MEMBERS)
        call.changed("s3.BucketWebsiteDeleted", bucket.arn, WebsiteConfiguration=None, **facts)


def _no_website(bucket: Bucket) -> AwsError:
    return AwsError(
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
        404,
        facts=(Fact(bucket.arn, "WebsiteConfiguration", None),),
        members={"BucketName": bucket.name},
    )
