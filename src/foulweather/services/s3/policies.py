"""Bucket policies.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.document import Policy
from foulweather.policy.principal_element import Naming
from foulweather.services.s3 import held_policies, policy_checks, public_access
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.held_policies import POLICY_IDS
from foulweather.services.s3.publicness import is_public
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketPolicyRequest,
        GetBucketPolicyOutput,
        GetBucketPolicyRequest,
        GetBucketPolicyStatusOutput,
        GetBucketPolicyStatusRequest,
        PutBucketPolicyRequest,
    )


def put_bucket_policy(call: Call, request: PutBucketPolicyRequest) -> None:
    """Set a bucket's policy."""
    bucket = bucket_of(call, request)
    _check_owner(call, bucket)
    text = request["Policy"]
    policy, ids = policy_checks.checked(call, text, bucket.arn)
    if request.get("ConfirmRemoveSelfBucketAccess") is False:
        _check_keeps_access(call, bucket, policy)
    if is_public(policy):
        found = public_access.blocked(call, bucket, "BlockPublicPolicy")
        if found is not None:
            words = "public policies are prevented"
            raise public_access.refused(call, bucket, found, words, Fact("request", "Policy", "public"))
    bucket.policy = text
    if ids:
        bucket.settings[POLICY_IDS] = ids
    else:
        bucket.settings.pop(POLICY_IDS, None)
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.BucketPolicyPut", bucket.arn, Policy=text)


def get_bucket_policy(call: Call, request: GetBucketPolicyRequest) -> GetBucketPolicyOutput:
    """A bucket's policy; principals that have been deleted since are in it by their unique ids."""
    bucket = bucket_of(call, request)
    _check_owner(call, bucket)
    return {"Policy": held_policies.shown(call, _policy(bucket), bucket.settings.get(POLICY_IDS))}


def delete_bucket_policy(call: Call, request: DeleteBucketPolicyRequest) -> None:
    """Delete a bucket's policy, if it has one."""
    bucket = bucket_of(call, request)
    _check_owner(call, bucket)
    if bucket.policy:
        bucket.policy = ""
        bucket.settings.pop(POLICY_IDS, None)
        call.state(S3State).buckets.touch(bucket.name)
        call.changed("s3.BucketPolicyDeleted", bucket.arn, Policy=None)


def get_bucket_policy_status(call: Call, request: GetBucketPolicyStatusRequest) -> GetBucketPolicyStatusOutput:
    """Whether a bucket's policy lets in anybody."""
    bucket = bucket_of(call, request)
    _policy(bucket)
    known = held_policies.policy_of(call, bucket)
    return {"PolicyStatus": {"IsPublic": known is not None and known.is_public}}


def _policy(bucket: Bucket) -> str:
    if not bucket.policy:
        raise AwsError(
            "NoSuchBucketPolicy",
            "The bucket policy does not exist",
            404,
            facts=(Fact(bucket.arn, "Policy", None),),
            members={"BucketName": bucket.name},
        )
    return bucket.policy


def _check_owner(call: Call, bucket: Bucket) -> None:
    """Refuse callers of other accounts, whom no policy can let manage policies: 405, not 403 (API reference)."""
    if call.principal.account != bucket.account:
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            facts=(Fact(bucket.arn, "owner", bucket.account), Fact("request", "account", call.principal.account)),
            members={"Method": "PUT", "ResourceType": "BUCKETPOLICY"},
        )


def _check_keeps_access(call: Call, bucket: Bucket, policy: Policy) -> None:
    """Refuse a policy that denies its author to change it again, unless that is confirmed."""
    for statement in policy.covering("s3:putbucketpolicy"):
        if statement.allows or statement.tests or statement.principal is None:
            continue
        names = statement.principal.names(call.principal, "", denies=True)
        if names is not Naming.NOT and statement.resources is not None and bucket.arn in statement.resources.written:
            raise AwsError(
                "AccessDenied",
                "The policy would deny you permission to change it; set x-amz-confirm-remove-self-bucket-access.",
                403,
                facts=(Fact("request", f"Policy.Statement[{statement.index}]", "denies s3:PutBucketPolicy"),),
            )
