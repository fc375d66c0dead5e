"""What each operation needs permission for; finding resources needs tag:GetResources besides.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsresourcegroups.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource
from foulweather.services.resourcegroups import limits
from foulweather.services.resourcegroups.state import GroupsState, named

Request = Mapping[str, Any]
_PREFIX = "resource-groups"


def everything(call: Call, request: Request) -> Sequence[Resource]:
    """`*`. The model's constraints come before permission."""
    limits.check_model(call, request)
    return (Resource("*", call.account),)


def group(call: Call, request: Request) -> Sequence[Resource]:
    """The group that a request names by its name or ARN."""
    limits.check_model(call, request)
    text: str = request.get("Group") or request.get("GroupName") or request.get("Arn") or "*"
    found = call.state(GroupsState).groups.get(named(text))
    if found is None:
        return (Resource(call.arn(_PREFIX, f"group/{named(text)}"), call.account),)
    return (Resource(found.arn, call.account, None, found.tags),)


def given_tags(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The tags that a request would set, or the keys that it would remove."""
    tags: Mapping[str, str] = request.get("Tags") or {}
    keys = [*tags, *(request.get("Keys") or ())]
    if not keys:
        return {}
    return {**{f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}, "aws:tagkeys": keys}


ACCESS: dict[str, Access] = {
    **{
        name: Access(f"{_PREFIX}:{name}", everything, is_read=True)
        for name in ("GetAccountSettings", "ListGroups", "SearchResources")
    },
    **{
        name: Access(f"{_PREFIX}:{name}", group, is_read=True)
        for name in (
            "GetGroup",
            "GetGroupConfiguration",
            "GetGroupQuery",
            "GetTags",
            "ListGroupResources",
            "ListGroupingStatuses",
        )
    },
    **{
        name: Access(f"{_PREFIX}:{name}", group)
        for name in (
            "DeleteGroup",
            "GroupResources",
            "PutGroupConfiguration",
            "UngroupResources",
            "UpdateGroup",
            "UpdateGroupQuery",
        )
    },
    "CreateGroup": Access(f"{_PREFIX}:CreateGroup", everything, given_tags),
    "Tag": Access(f"{_PREFIX}:Tag", group, given_tags),
    "Untag": Access(f"{_PREFIX}:Untag", group, given_tags),
    "UpdateAccountSettings": Access(f"{_PREFIX}:UpdateAccountSettings", everything),
}
