"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.ssm import naming
from foulweather.services.ssm.state import arn_of

Request = Mapping[str, Any]
Conditions = dict[str, str | list[str]]


def parameter(call: Call, request: Request) -> Sequence[Resource]:
    """The parameter that Name names."""
    return (naming.resource(call, request["Name"]),)


def parameters(call: Call, request: Request) -> Sequence[Resource]:
    """The parameters that Names names: all of them must be allowed."""
    return [naming.resource(call, name) for name in request["Names"]]


def path(call: Call, request: Request) -> Sequence[Resource]:
    """The path itself: "if a user has access to a path, then the user can access all levels of that path", even
    those that other statements deny (GetParametersByPath, API reference).
    """
    return (Resource(arn_of(call.account, call.region, request["Path"].strip()), call.account),)


def tagged(call: Call, request: Request) -> Sequence[Resource]:
    """The parameter that ResourceId names."""
    if request["ResourceType"] != "Parameter":
        return (Resource("*", call.account),)
    return (naming.resource(call, request["ResourceId"]),)


def by_arn(call: Call, request: Request) -> Sequence[Resource]:
    """The parameter that ResourceArn names; its policy does not let others change it."""
    found = naming.resource(call, request["ResourceArn"])
    return (found if call.principal.account == found.account else found._replace(policy=None),)


def setting(call: Call, request: Request) -> Sequence[Resource]:
    """The service setting that SettingId names."""
    given: str = request["SettingId"]
    arn = given if given.startswith("arn:") else call.arn("ssm", f"servicesetting{given}")
    return (Resource(arn, call.account),)


def conditions_of(call: Call, request: Request) -> Conditions:
    """The condition keys of a request and of the parameter that it names."""
    conditions: Conditions = {}
    if call.operation == "PutParameter":
        conditions["ssm:overwrite"] = "true" if request.get("Overwrite") else "false"
        if "Policies" in request:
            conditions["ssm:policies"] = "true"
    elif call.operation == "GetParametersByPath":
        conditions["ssm:recursive"] = "true" if request.get("Recursive") else "false"
    tags: Sequence[Mapping[str, str]] = request.get("Tags") or ()
    keys = [tag["Key"] for tag in tags] + list(request.get("TagKeys") or ())
    if keys:
        conditions |= {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
        conditions["aws:tagkeys"] = keys
    text: str | None = request.get("Name") or request.get("ResourceId") or request.get("ResourceArn")
    found = naming.named(call, text).parameter if text else None
    if found is not None:
        conditions |= {f"ssm:resourcetag/{key.lower()}": value for key, value in found.tags.items()}
    return conditions


def tagging(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new parameter need ssm:AddTagsToResource too."""
    if not request.get("Tags"):
        return ()
    return (Permission("ssm:AddTagsToResource", parameter(call, request)[0], conditions_of(call, request)),)


def _row(operation: str, resources: Any, **members: Any) -> Access:
    return Access(f"ssm:{operation}", resources, conditions_of, **members)


ACCESS: dict[str, Access] = {
    **{name: _row(name, parameter) for name in ("DeleteParameter", "LabelParameterVersion", "UnlabelParameterVersion")},
    **{name: _row(name, parameter, is_read=True) for name in ("GetParameter", "GetParameterHistory")},
    "PutParameter": _row("PutParameter", parameter, also=tagging),
    "DeleteParameters": _row("DeleteParameters", parameters),
    "GetParameters": _row("GetParameters", parameters, is_read=True),
    "GetParametersByPath": _row("GetParametersByPath", path, is_read=True),
    "DescribeParameters": Access("ssm:DescribeParameters", is_read=True),
    **{name: _row(name, tagged) for name in ("AddTagsToResource", "RemoveTagsFromResource")},
    "ListTagsForResource": _row("ListTagsForResource", tagged, is_read=True),
    **{name: _row(name, by_arn) for name in ("DeleteResourcePolicy", "PutResourcePolicy")},
    "GetResourcePolicies": _row("GetResourcePolicies", by_arn, is_read=True),
    **{name: _row(name, setting) for name in ("ResetServiceSetting", "UpdateServiceSetting")},
    "GetServiceSetting": _row("GetServiceSetting", setting, is_read=True),
}
