"""What the operations of OpsCenter need permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.ssm.opsitems import naming

Request = Mapping[str, Any]
Conditions = dict[str, str | list[str]]


def item(call: Call, request: Request) -> Sequence[Resource]:
    """The OpsItem that OpsItemId names."""
    return (naming.resource(call, request["OpsItemId"]),)


def conditions(call: Call, request: Request) -> Conditions:
    """The tags of a request."""
    tags: Sequence[Mapping[str, str]] = request.get("Tags") or ()
    if not tags:
        return {}
    found: Conditions = {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
    return found | {"aws:tagkeys": [tag["Key"] for tag in tags]}


def tagging(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new OpsItem need ssm:AddTagsToResource too."""
    if not request.get("Tags"):
        return ()
    named = Resource(call.arn("ssm", "opsitem/*"), call.account)
    return (Permission("ssm:AddTagsToResource", named, conditions(call, request)),)


ACCESS: dict[str, Access] = {
    "CreateOpsItem": Access("ssm:CreateOpsItem", conditions=conditions, also=tagging),
    **{
        name: Access(f"ssm:{name}", item)
        for name in (
            "AssociateOpsItemRelatedItem",
            "DeleteOpsItem",
            "DisassociateOpsItemRelatedItem",
            "UpdateOpsItem",
        )
    },
    "GetOpsItem": Access("ssm:GetOpsItem", item, is_read=True),
    "DescribeOpsItems": Access("ssm:DescribeOpsItems", is_read=True),
    "ListOpsItemRelatedItems": Access("ssm:ListOpsItemRelatedItems", is_read=True),
}
