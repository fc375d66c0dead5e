"""Which permission each operation needs, on what.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgepipes.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.pipes.state import PipesState

Request = Mapping[str, Any]
Keys = Mapping[str, str | list[str]]
PRINCIPAL = "pipes.amazonaws.com"


def _pipe(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, call.arn("pipes", f"pipe/{request.get('Name') or '*'}")),)


def _tagged(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("resourceArn") or "*"),)


def _at(call: Call, arn: str) -> Resource:
    found = call.state(PipesState).pipes.get(arn.rpartition("/")[2])
    return Resource(arn, call.account, None, {} if found is None else found.tags)


def _role(call: Call, request: Request) -> Sequence[Permission]:
    role: str = request.get("RoleArn") or ""
    account = role.split(":")[4] if role.count(":") >= 5 else ""
    return (Permission("iam:PassRole", Resource(role, account), {"iam:passedtoservice": PRINCIPAL}),) if role else ()


def _logging(call: Call, request: Request) -> Sequence[Permission]:
    """Whoever sets up vended logs needs to create their delivery: AWS-logs-and-resource-policy."""
    told: Mapping[str, Any] = request.get("LogConfiguration") or {}
    is_on = told.get("Level", "OFF") != "OFF"
    return (Permission("logs:CreateLogDelivery", Resource("*", call.account)),) if is_on else ()


def _updating(call: Call, request: Request) -> Sequence[Permission]:
    return (*_role(call, request), *_logging(call, request))


def _creating(call: Call, request: Request) -> Sequence[Permission]:
    if not request.get("Tags"):
        return _updating(call, request)
    tagging = Permission("pipes:TagResource", _pipe(call, request)[0], _tags(call, request))
    return (*_updating(call, request), tagging)


def _tags(call: Call, request: Request) -> Keys:
    tags: Mapping[str, str] = request.get("Tags") or request.get("tags") or {}
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"aws:tagkeys": list(tags)}
    return keys | {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}


def _untagging(call: Call, request: Request) -> Keys:
    return {"aws:tagkeys": list(request.get("tagKeys") or [])}


ACCESS: dict[str, Access] = {
    "CreatePipe": Access("pipes:CreatePipe", _pipe, _tags, _creating),
    "DeletePipe": Access("pipes:DeletePipe", _pipe),
    "DescribePipe": Access("pipes:DescribePipe", _pipe, is_read=True),
    "ListPipes": Access("pipes:ListPipes", is_read=True),
    "ListTagsForResource": Access("pipes:ListTagsForResource", _tagged, is_read=True),
    "StartPipe": Access("pipes:StartPipe", _pipe),
    "StopPipe": Access("pipes:StopPipe", _pipe),
    "TagResource": Access("pipes:TagResource", _tagged, _tags),
    "UntagResource": Access("pipes:UntagResource", _tagged, _untagging),
    "UpdatePipe": Access("pipes:UpdatePipe", _pipe, also=_updating),
}
