"""Ownership controls of a bucket.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import acl, owners, refusals
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.ownership import CHOICES, ENFORCED
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketOwnershipControlsRequest,
        GetBucketOwnershipControlsOutput,
        GetBucketOwnershipControlsRequest,
        PutBucketOwnershipControlsRequest,
    )

NONE = ""
"""A bucket without ownership controls: whoever writes an object owns it, as it was before they came to be."""


def put_bucket_ownership_controls(call: Call, request: PutBucketOwnershipControlsRequest) -> None:
    """Say who owns what is uploaded, and whether lists count."""
    bucket = bucket_of(call, request)
    rules = request["OwnershipControls"].get("Rules") or []
    if len(rules) != 1 or rules[0].get("ObjectOwnership") not in CHOICES:
        raise refusals.malformed_xml()
    wanted = rules[0]["ObjectOwnership"]
    if wanted == ENFORCED and bucket.ownership != ENFORCED:
        _check_list(call, bucket)
    bucket.ownership = wanted
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.OwnershipControlsPut", bucket.arn, ObjectOwnership=wanted)


def get_bucket_ownership_controls(
    call: Call, request: GetBucketOwnershipControlsRequest
) -> GetBucketOwnershipControlsOutput:
    """Who owns what is uploaded."""
    bucket = bucket_of(call, request)
    if bucket.ownership == NONE:
        raise AwsError(
            "OwnershipControlsNotFoundError",
            "The bucket ownership controls were not found",
            404,
            facts=(Fact(bucket.arn, "OwnershipControls", None),),
            members={"BucketName": bucket.name},
        )
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": bucket.ownership}]}}  # type: ignore[typeddict-item]


def delete_bucket_ownership_controls(call: Call, request: DeleteBucketOwnershipControlsRequest) -> None:
    """Leave ownership to whoever writes."""
    bucket = bucket_of(call, request)
    bucket.ownership = NONE
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.OwnershipControlsDeleted", bucket.arn, ObjectOwnership=None)


def _check_list(call: Call, bucket: Bucket) -> None:
    """A bucket whose list grants something to others must lose those grants first.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-existing-bucket.html
    """
    owner_id = owners.canonical_id(bucket.account)
    further = [grant for grant in bucket.grants if grant.canonical_id != owner_id]
    if further:
        raise AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            400,
            facts=(call.fact(bucket.arn, "AccessControlList", acl.members_of(further)),),
            remedy=(f"aws s3api put-bucket-acl --bucket {bucket.name} --acl private",),
        )
