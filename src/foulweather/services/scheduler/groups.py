"""Schedule groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.scheduler import limits, paging, timing
from foulweather.services.scheduler.state import DEFAULT, Group, SchedulerState

Request = Mapping[str, Any]


def create_schedule_group(call: Call, request: Request) -> dict[str, Any]:
    """Make a group."""
    state, name = call.state(SchedulerState), request["Name"]
    tags = limits.checked_tags(request.get("Tags") or (), {})
    token = request.get("ClientToken") or ""
    held = state.groups.get(name)
    if held is not None and token and held.token == token:
        return {"ScheduleGroupArn": held.arn}
    if held is not None or name == DEFAULT:
        raise limits.exists("Schedule group", name)
    if len(state.groups) + 1 >= limits.GROUPS_MAX:
        raise limits.too_many("ScheduleGroups", len(state.groups) + 1, limits.GROUPS_MAX)
    group = Group(name, call.arn("scheduler", f"schedule-group/{name}"), call.now, call.now, tags, token)
    state.groups.put(name, group)
    call.changed("scheduler.ScheduleGroupCreated", group.arn, Tags=tags)
    return {"ScheduleGroupArn": group.arn}


def delete_schedule_group(call: Call, request: Request) -> dict[str, Any]:
    """Delete a group with its schedules."""
    state, name = call.state(SchedulerState), request["Name"]
    if name == DEFAULT:
        raise limits.invalid("The default schedule group cannot be deleted.", Name=name)
    group = state.groups.get(name)
    if group is None:
        raise limits.missing("Schedule group", name)
    for schedule in state.in_group(name):
        timing.disarm(call, schedule)
        state.schedules.delete(schedule.key)
    state.groups.delete(name)
    call.changed("scheduler.ScheduleGroupDeleted", group.arn)
    return {}


def get_schedule_group(call: Call, request: Request) -> dict[str, Any]:
    """A group."""
    group = call.state(SchedulerState).group(request["Name"], call.account, call.region)
    if group is None:
        raise limits.missing("Schedule group", request["Name"])
    return _shown(group)


def list_schedule_groups(call: Call, request: Request) -> dict[str, Any]:
    """The groups whose names begin with a prefix."""
    state, prefix = call.state(SchedulerState), request.get("NamePrefix") or ""
    groups = [state.group(name, call.account, call.region) for name in sorted({DEFAULT, *state.groups})]
    found = [_shown(group) for group in groups if group is not None and group.name.startswith(prefix)]
    listed, more = paging.page(found, request)
    return {"ScheduleGroups": list(listed), **more}


def _shown(group: Group) -> dict[str, Any]:
    shown: dict[str, Any] = {"Arn": group.arn, "Name": group.name, "State": "ACTIVE"}
    if group.created_ms:
        shown |= {"CreationDate": group.created_ms, "LastModificationDate": group.modified_ms}
    return shown
