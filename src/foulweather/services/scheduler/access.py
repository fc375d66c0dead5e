"""Which permission each operation needs, on what.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.scheduler.sending import PRINCIPAL
from foulweather.services.scheduler.state import DEFAULT, SchedulerState, part

Request = Mapping[str, Any]
Keys = Mapping[str, str | list[str]]


def _schedule(call: Call, request: Request) -> Sequence[Resource]:
    name, group = request.get("Name") or "*", request.get("GroupName") or DEFAULT
    return (Resource(call.arn("scheduler", f"schedule/{group}/{name}"), call.account),)


def _group(call: Call, request: Request) -> Sequence[Resource]:
    return (_group_at(call, call.arn("scheduler", f"schedule-group/{request.get('Name') or '*'}")),)


def _tagged(call: Call, request: Request) -> Sequence[Resource]:
    return (_group_at(call, request.get("ResourceArn") or "*"),)


def _group_at(call: Call, arn: str) -> Resource:
    group = call.state(SchedulerState).groups.get(arn.rpartition("/")[2])
    return Resource(arn, call.account, None, {} if group is None else group.tags)


def _role(call: Call, request: Request) -> Sequence[Permission]:
    role: str = part(request, "Target").get("RoleArn") or ""
    account = role.split(":")[4] if role.count(":") >= 5 else ""
    return (Permission("iam:PassRole", Resource(role, account), {"iam:passedtoservice": PRINCIPAL}),) if role else ()


def _tags(call: Call, request: Request) -> Sequence[Permission]:
    if not request.get("Tags"):
        return ()
    return (Permission("scheduler:TagResource", _group(call, request)[0], _tagging(call, request)),)


def _tagging(call: Call, request: Request) -> Keys:
    tags: list[Request] = request.get("Tags") or []
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"aws:tagkeys": [tag["Key"] for tag in tags]}
    return keys | {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}


def _untagging(call: Call, request: Request) -> Keys:
    return {"aws:tagkeys": list(request.get("TagKeys") or [])}


ACCESS: dict[str, Access] = {
    "CreateSchedule": Access("scheduler:CreateSchedule", _schedule, also=_role),
    "CreateScheduleGroup": Access("scheduler:CreateScheduleGroup", _group, _tagging, _tags),
    "DeleteSchedule": Access("scheduler:DeleteSchedule", _schedule),
    "DeleteScheduleGroup": Access("scheduler:DeleteScheduleGroup", _group),
    "GetSchedule": Access("scheduler:GetSchedule", _schedule, is_read=True),
    "GetScheduleGroup": Access("scheduler:GetScheduleGroup", _group, is_read=True),
    "ListScheduleGroups": Access("scheduler:ListScheduleGroups", is_read=True),
    "ListSchedules": Access("scheduler:ListSchedules", is_read=True),
    "ListTagsForResource": Access("scheduler:ListTagsForResource", _tagged, is_read=True),
    "TagResource": Access("scheduler:TagResource", _tagged, _tagging),
    "UntagResource": Access("scheduler:UntagResource", _tagged, _untagging),
    "UpdateSchedule": Access("scheduler:UpdateSchedule", _schedule, also=_role),
}
