"""What S3 protects, as the gate that authorizes sees it: its owner, its policy, what its lists allow.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping

from foulweather.kernel.call import Call
from foulweather.kernel.service import NO_TAGS, Resource
from foulweather.kernel.why import Fact
from foulweather.policy.evaluate import Held
from foulweather.services.s3 import granted, owners, public_access
from foulweather.services.s3.held_policies import Known, policy_of
from foulweather.services.s3.ownership import ENFORCED
from foulweather.services.s3.records import Bucket, Version

# What a bucket's owner decides even about objects of others: to put and delete them, and to deny anything.
_OF_BUCKET = ("s3:Put", "s3:Delete", "s3:Abort", "s3:List", "s3:Restore", "s3:Bypass")
_OF_OBJECT = ("s3:PutObjectAcl", "s3:PutObjectVersionAcl")
ABAC = "abac"
NOTHING: tuple[Held, ...] = ()


def owner_of(bucket: Bucket, version: Version) -> str:
    """The account that owns an object now: the bucket's, where its owner enforces that."""
    if bucket.ownership == ENFORCED:
        return bucket.account
    return owners.account_of(version.owner)


def bucket_resource(call: Call, bucket: Bucket) -> Resource:
    """A bucket."""
    known = _policy(call, bucket)
    held = known.held if known is not None else None
    grants = _by_bucket(call, bucket) if bucket.ownership != ENFORCED else NOTHING
    return Resource(bucket.arn, bucket.account, held, _tags(bucket), grants=grants)


def key_resource(call: Call, bucket: Bucket, key: str, version: Version | None, action: str) -> Resource:
    """An object, or what is to be one. What another account owns, the bucket's policy can deny but not allow.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-auth-workflow-object-operation.html
    """
    arn = f"{bucket.arn}/{key}"
    known = _policy(call, bucket)
    held = known.held if known is not None else None
    if bucket.ownership == ENFORCED:
        return Resource(arn, bucket.account, held, NO_TAGS)
    by_bucket = _by_bucket(call, bucket)
    if version is None:
        return Resource(arn, bucket.account, held, NO_TAGS, grants=by_bucket)
    owner = owner_of(bucket, version)
    ignores = public_access.is_blocked(call, bucket, "IgnorePublicAcls")
    grants = granted.of_object(version.about.grants, arn, owner, ignores_public=ignores)
    if owner == bucket.account or (action.startswith(_OF_BUCKET) and not action.startswith(_OF_OBJECT)):
        return Resource(arn, bucket.account, held, NO_TAGS, grants=by_bucket + grants)
    return Resource(arn, owner, known.denials if known is not None else None, NO_TAGS, grants=grants)


def _policy(call: Call, bucket: Bucket) -> Known | None:
    known = policy_of(call, bucket)
    if known is not None and known.is_public:
        _check_restricted(call, bucket)
    return known


def _check_restricted(call: Call, bucket: Bucket) -> None:
    """RestrictPublicBuckets: a public policy lets in only services, and the bucket's own account."""
    principal = call.principal
    if principal.kind == "service" or principal.account == bucket.account:
        return
    found = public_access.blocked(call, bucket, "RestrictPublicBuckets")
    if found is not None:
        words = "public and cross-account access by a public policy is prevented"
        raise public_access.refused(call, bucket, found, words, Fact(bucket.arn, "Policy", "public"))


def _by_bucket(call: Call, bucket: Bucket) -> tuple[Held, ...]:
    ignores = public_access.is_blocked(call, bucket, "IgnorePublicAcls")
    return granted.of_bucket(bucket.grants, bucket.arn, bucket.account, ignores_public=ignores)


def _tags(bucket: Bucket) -> Mapping[str, str]:
    """A bucket's tags count in policies only where that is enabled.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    return bucket.tags if bucket.settings.get(ABAC) == "Enabled" else NO_TAGS
