"""Tags of buckets and objects, set, shown and removed.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals, tagging
from foulweather.services.s3.finding import bucket_of, version_asked
from foulweather.services.s3.protected import ABAC
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketTaggingRequest,
        DeleteObjectTaggingOutput,
        DeleteObjectTaggingRequest,
        GetBucketAbacOutput,
        GetBucketAbacRequest,
        GetBucketTaggingOutput,
        GetBucketTaggingRequest,
        GetObjectTaggingOutput,
        GetObjectTaggingRequest,
        PutBucketAbacRequest,
        PutBucketTaggingRequest,
        PutObjectTaggingOutput,
        PutObjectTaggingRequest,
    )


def put_bucket_tagging(call: Call, request: PutBucketTaggingRequest) -> None:
    """Replace a bucket's tags."""
    bucket = bucket_of(call, request)
    _check_without_abac(call, bucket)
    _retag(call, bucket, tagging.checked_bucket_tags(request["Tagging"].get("TagSet") or []))


def get_bucket_tagging(call: Call, request: GetBucketTaggingRequest) -> GetBucketTaggingOutput:
    """A bucket's tags; none is a refusal."""
    bucket = bucket_of(call, request)
    if not bucket.tags:
        raise AwsError(
            "NoSuchTagSet",
            "The TagSet does not exist",
            404,
            facts=(Fact(bucket.arn, "TagSet", None),),
            members={"BucketName": bucket.name},
        )
    return {"TagSet": tagging.as_set(bucket.tags)}  # type: ignore[typeddict-item]


def delete_bucket_tagging(call: Call, request: DeleteBucketTaggingRequest) -> None:
    """Remove all tags of a bucket."""
    bucket = bucket_of(call, request)
    _check_without_abac(call, bucket)
    if bucket.tags:
        _retag(call, bucket, {})


def put_bucket_abac(call: Call, request: PutBucketAbacRequest) -> None:
    """Say whether a bucket's tags count in policies.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    bucket = bucket_of(call, request)
    status = request["AbacStatus"].get("Status")
    if status not in ("Enabled", "Disabled"):
        raise refusals.malformed_xml()
    bucket.settings[ABAC] = status
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.BucketAbacPut", bucket.arn, AbacStatus=status)


def get_bucket_abac(call: Call, request: GetBucketAbacRequest) -> GetBucketAbacOutput:
    """Whether a bucket's tags count in policies."""
    return {"AbacStatus": {"Status": bucket_of(call, request).settings.get(ABAC, "Disabled")}}


def put_object_tagging(call: Call, request: PutObjectTaggingRequest) -> PutObjectTaggingOutput:
    """Replace the tags of an object's version."""
    bucket, version = _version(call, request, "PUT")
    tags = tagging.checked_object_tags(request["Tagging"].get("TagSet") or [])
    _set(call, bucket, version, tags, "s3.ObjectTaggingPut")
    return _named(bucket, version)  # type: ignore[return-value]


def get_object_tagging(call: Call, request: GetObjectTaggingRequest) -> GetObjectTaggingOutput:
    """The tags of an object's version."""
    bucket, version = _version(call, request, "GET")
    return {"TagSet": tagging.as_set(version.about.tags), **_named(bucket, version)}  # type: ignore[return-value]


def delete_object_tagging(call: Call, request: DeleteObjectTaggingRequest) -> DeleteObjectTaggingOutput:
    """Remove all tags of an object's version."""
    bucket, version = _version(call, request, "DELETE")
    _set(call, bucket, version, {}, "s3.ObjectTaggingDeleted")
    return _named(bucket, version)  # type: ignore[return-value]


def _version(call: Call, request: Any, method: str) -> tuple[Bucket, Version]:
    bucket = bucket_of(call, request)
    version = version_asked(call, bucket, request["Key"], request.get("VersionId"), method)
    if version is None:
        raise refusals.no_such_key(bucket.name, request["Key"])
    return bucket, version


def _named(bucket: Bucket, version: Version) -> dict[str, str]:
    return {"VersionId": version.id} if bucket.versioning else {}


def _set(call: Call, bucket: Bucket, version: Version, tags: dict[str, str], kind: str) -> None:
    version.about.tags = tags
    call.state(S3State).touch_version(version)
    call.happened(
        kind,
        version.arn,
        bucket=bucket.name,
        key=version.key,
        version_id=version.id,
        etag=version.etag,
        size=version.size,
        sequence=version.sequence,
    )


def _retag(call: Call, bucket: Bucket, tags: dict[str, str]) -> None:
    bucket.tags = tags
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.BucketTaggingPut", bucket.arn, TagSet=tags)


def _check_without_abac(call: Call, bucket: Bucket) -> None:
    """Where tags count in policies, they are changed one by one, by TagResource of S3 Control."""
    if bucket.settings.get(ABAC) == "Enabled":
        message = "This operation is not allowed while ABAC is enabled for the bucket. Use TagResource instead."
        raise refusals.invalid_request(message, call.fact(bucket.arn, "AbacStatus", "Enabled"))
