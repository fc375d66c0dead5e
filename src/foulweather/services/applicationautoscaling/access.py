"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource, everything
from foulweather.services.applicationautoscaling.state import ScalingState

Request = Mapping[str, Any]
_PREFIX = "application-autoscaling"


def target(call: Call, request: Request) -> Sequence[Resource]:
    """The scalable target that a resource id and a dimension name; one to be made has no id yet."""
    held = call.state(ScalingState).target(request.get("ResourceId") or "", request.get("ScalableDimension") or "")
    if held is None:
        return (Resource(call.arn(_PREFIX, "scalable-target/*"), call.account),)
    return (Resource(held.arn, call.account, None, held.tags),)


def tagged(call: Call, request: Request) -> Sequence[Resource]:
    """The scalable target that ResourceARN names."""
    arn = request.get("ResourceARN") or "*"
    found = next((each for each in call.state(ScalingState).targets.values() if each.arn == arn), None)
    return (Resource(arn, call.account, None, {} if found is None else found.tags),)


def of_target(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The namespace and the dimension, and the tags that a request would set."""
    conditions: dict[str, str | list[str]] = {}
    for key, member in (("service-namespace", "ServiceNamespace"), ("scalable-dimension", "ScalableDimension")):
        if request.get(member):
            conditions[f"{_PREFIX}:{key}"] = request[member]
    return {**conditions, **given_tags(call, request)}


def given_tags(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The tags that a request would set, or the keys that it would remove."""
    tags: Mapping[str, str] = request.get("Tags") or {}
    removed: list[str] = request.get("TagKeys") or []
    keys = [*tags, *removed]
    if not keys:
        return {}
    conditions: dict[str, str | list[str]] = {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    conditions["aws:tagkeys"] = keys
    return conditions


def registering(call: Call, request: Request) -> Sequence[Permission]:
    """A role of one's own must be passed on; tags on a new target need application-autoscaling:TagResource too."""
    needed: list[Permission] = []
    if role := request.get("RoleARN"):
        account = (role.split(":") + [""] * 5)[4] or call.account
        passed = {"iam:passedtoservice": f"{_PREFIX}.amazonaws.com"}
        needed.append(Permission("iam:PassRole", Resource(role, account), passed))
    if request.get("Tags"):
        needed.append(Permission(f"{_PREFIX}:TagResource", target(call, request)[0], given_tags(call, request)))
    return needed


ACCESS: dict[str, Access] = {
    **{
        name: Access(f"{_PREFIX}:{name}", target, of_target)
        for name in (
            "DeleteScalingPolicy",
            "DeleteScheduledAction",
            "DeregisterScalableTarget",
            "PutScalingPolicy",
            "PutScheduledAction",
        )
    },
    "RegisterScalableTarget": Access(f"{_PREFIX}:RegisterScalableTarget", target, of_target, registering),
    **{
        name: Access(f"{_PREFIX}:{name}", everything, is_read=True)
        for name in (
            "DescribeScalableTargets",
            "DescribeScalingActivities",
            "DescribeScalingPolicies",
            "DescribeScheduledActions",
        )
    },
    "ListTagsForResource": Access(f"{_PREFIX}:ListTagsForResource", tagged, is_read=True),
    "TagResource": Access(f"{_PREFIX}:TagResource", tagged, given_tags),
    "UntagResource": Access(f"{_PREFIX}:UntagResource", tagged, given_tags),
}
