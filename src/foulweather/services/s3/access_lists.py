"""Access control lists of buckets and objects, set and shown.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import acl, owners, public_access, refusals
from foulweather.services.s3.finding import bucket_of, version_asked
from foulweather.services.s3.ownership import ENFORCED
from foulweather.services.s3.protected import owner_of
from foulweather.services.s3.records import Bucket, Grant, Version
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        GetBucketAclOutput,
        GetBucketAclRequest,
        GetObjectAclOutput,
        GetObjectAclRequest,
        PutBucketAclRequest,
        PutObjectAclOutput,
        PutObjectAclRequest,
    )


def get_bucket_acl(call: Call, request: GetBucketAclRequest) -> GetBucketAclOutput:
    """A bucket's list; where its owner enforces, it says no more than that."""
    bucket = bucket_of(call, request)
    owner_id = owners.canonical_id(bucket.account)
    grants = acl.owned_grants(owner_id) if bucket.ownership == ENFORCED else bucket.grants
    return {"Owner": {"ID": owner_id}, "Grants": acl.members_of(grants)}  # type: ignore[typeddict-item]


def put_bucket_acl(call: Call, request: PutBucketAclRequest) -> None:
    """Replace a bucket's list."""
    bucket = bucket_of(call, request)
    owner_id = owners.canonical_id(bucket.account)
    grants = _asked(call, bucket, request, owner_id, is_bucket=True)
    bucket.grants = grants
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.BucketAclPut", bucket.arn, AccessControlList=acl.members_of(grants))


def get_object_acl(call: Call, request: GetObjectAclRequest) -> GetObjectAclOutput:
    """An object's list."""
    bucket, version = _version(call, request, "GET")
    owner_id = owners.canonical_id(owner_of(bucket, version))
    grants = acl.owned_grants(owner_id) if bucket.ownership == ENFORCED else version.about.grants
    return {"Owner": {"ID": owner_id}, "Grants": acl.members_of(grants)}  # type: ignore[typeddict-item]


def put_object_acl(call: Call, request: PutObjectAclRequest) -> PutObjectAclOutput:
    """Replace an object's list."""
    bucket, version = _version(call, request, "PUT")
    owner_id = owners.canonical_id(owner_of(bucket, version))
    grants = _asked(call, bucket, request, owner_id, is_bucket=False)
    version.about.grants = grants
    state = call.state(S3State)
    state.touch_version(version)
    call.changed("s3.ObjectAclPut", version.arn, AccessControlList=acl.members_of(grants))
    call.happened(
        "s3.ObjectAclChanged",
        version.arn,
        bucket=bucket.name,
        key=version.key,
        version_id=version.id,
        sequence=version.sequence,
    )
    return {}


def _version(call: Call, request: Any, method: str) -> tuple[Bucket, Version]:
    bucket = bucket_of(call, request)
    version = version_asked(call, bucket, request["Key"], request.get("VersionId"), method)
    if version is None:
        raise refusals.no_such_key(bucket.name, request["Key"])
    return bucket, version


def _asked(call: Call, bucket: Bucket, request: Mapping[str, Any], owner_id: str, *, is_bucket: bool) -> list[Grant]:
    if bucket.ownership == ENFORCED:
        raise acl.not_supported(call, bucket)
    grants = acl.asked_grants(bucket, request, owner_id, is_bucket)
    if grants is None:
        raise AwsError(
            "MissingSecurityHeader",
            "Your request was missing a required header",
            400,
            facts=(Fact("request", "x-amz-acl", None),),
            members={"MissingHeaderName": "x-amz-acl"},
        )
    public_access.check_grants(call, bucket, grants)
    return grants
