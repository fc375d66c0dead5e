"""Policies of access points.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import held_policies, policy_checks, public_access
from foulweather.services.s3.accounts import AccessPoint, S3ControlState
from foulweather.services.s3.control.points import point_named
from foulweather.services.s3.publicness import is_public
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3control import (
        DeleteAccessPointPolicyRequest,
        GetAccessPointPolicyRequest,
        GetAccessPointPolicyResult,
        GetAccessPointPolicyStatusRequest,
        GetAccessPointPolicyStatusResult,
        PutAccessPointPolicyRequest,
    )

_FLAG = "BlockPublicPolicy"


def put_access_point_policy(call: Call, request: PutAccessPointPolicyRequest) -> None:
    """Set an access point's policy."""
    point = point_named(call, request["AccountId"], request["Name"])
    text = request["Policy"]
    policy, ids = policy_checks.checked(call, text, point.arn)
    if is_public(policy):
        _check_public(call, point)
    point.policy, point.policy_ids = text, ids
    call.state(S3ControlState).access_points.touch(point.key)
    call.changed("s3control.AccessPointPolicyPut", point.arn, Policy=text)


def get_access_point_policy(call: Call, request: GetAccessPointPolicyRequest) -> GetAccessPointPolicyResult:
    """An access point's policy."""
    point = point_named(call, request["AccountId"], request["Name"])
    return {"Policy": held_policies.shown(call, _policy(point), point.policy_ids)}


def delete_access_point_policy(call: Call, request: DeleteAccessPointPolicyRequest) -> None:
    """Delete an access point's policy, if it has one."""
    point = point_named(call, request["AccountId"], request["Name"])
    if point.policy:
        point.policy, point.policy_ids = "", {}
        call.state(S3ControlState).access_points.touch(point.key)
        call.changed("s3control.AccessPointPolicyDeleted", point.arn, Policy=None)


def get_access_point_policy_status(
    call: Call, request: GetAccessPointPolicyStatusRequest
) -> GetAccessPointPolicyStatusResult:
    """Whether an access point's policy lets in anybody."""
    point = point_named(call, request["AccountId"], request["Name"])
    _policy(point)
    known = held_policies.policy_of_point(call, point)
    return {"PolicyStatus": {"IsPublic": known is not None and known.is_public}}


def _policy(point: AccessPoint) -> str:
    if not point.policy:
        raise AwsError(
            "NoSuchAccessPointPolicy",
            "The specified accesspoint policy does not exist",
            404,
            facts=(Fact(point.arn, "Policy", None),),
            members={"AccessPointName": point.name},
        )
    return point.policy


def _check_public(call: Call, point: AccessPoint) -> None:
    """Refuse a public policy where the access point's own flags, its bucket's or its account's say so."""
    if point.public_access_block.get(_FLAG):
        cause = f"{_FLAG} is on for the access point, for good."
        raise AwsError(
            "AccessDenied", "Access Denied", 403, why=Why("denied", cause, (call.fact(point.arn, _FLAG, True),))
        )
    bucket = call.state(S3State).buckets.get(point.bucket)
    found = public_access.blocked(call, bucket, _FLAG) if bucket is not None else None
    if bucket is not None and found is not None:
        raise public_access.refused(call, bucket, found, "public policies are prevented")
