"""Windows and what is registered with them, shown and listed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm.paging import page
from foulweather.services.ssm.windows import filters, limits, naming, schedules
from foulweather.services.ssm.windows.state import Task, Window, WindowsState

Request = Mapping[str, Any]
_SCHEDULED_MAX = 100  # how far ahead a schedule is shown; AWS does not say


def get_maintenance_window(call: Call, request: Request) -> dict[str, Any]:
    """All about a window."""
    _, window = naming.require(call, request["WindowId"])
    return _described(window) | {
        "AllowUnassociatedTargets": window.members["AllowUnassociatedTargets"],
        "CreatedDate": window.created_ms,
        "ModifiedDate": window.modified_ms,
    }


def describe_maintenance_windows(call: Call, request: Request) -> dict[str, Any]:
    """The windows that filters (Name, Enabled) find."""
    found = sorted(call.state(WindowsState).windows.values(), key=lambda each: each.created_ms)
    for given in request.get("Filters") or ():
        key, wanted = given.get("Key"), cast("list[str]", given.get("Values") or [])
        match key:
            case "Name":
                found = [each for each in found if each.members["Name"] in wanted]
            case "Enabled":
                found = [each for each in found if str(each.is_enabled).lower() in [text.lower() for text in wanted]]
            case _:
                raise filters.invalid_key(key)
    some, more = page(found, request, limits.PAGE)
    return {"WindowIdentities": [_described(each) for each in some], **more}


def describe_maintenance_window_schedule(call: Call, request: Request) -> dict[str, Any]:
    """When windows open next, of one or of all."""
    if request.get("Targets") or request.get("ResourceType"):
        raise not_implemented("ssm", "DescribeMaintenanceWindowSchedule.Targets")
    asked = request.get("WindowId")
    windows = [naming.require(call, asked)[1]] if asked else list(call.state(WindowsState).windows.values())
    after_ms, before_ms = call.now, 0
    for given in request.get("Filters") or ():
        match given.get("Key"):
            case "ScheduledAfter":
                after_ms = max(after_ms, filters.when_ms(given["Values"]))
            case "ScheduledBefore":
                before_ms = filters.when_ms(given["Values"])
            case other:
                raise filters.invalid_key(other)
    found: list[tuple[int, Window]] = []
    for window in windows:
        if window.is_enabled:
            found += [(at_ms, window) for at_ms in islice(schedules.upcoming(window, after_ms), _SCHEDULED_MAX)]
    found = sorted((each for each in found if not before_ms or each[0] < before_ms), key=lambda each: each[0])
    some, more = page(found, request, limits.PAGE)
    shown = [
        {"WindowId": each.id, "Name": each.members["Name"], "ExecutionTime": schedules.text(each, at_ms)}
        for at_ms, each in some
    ]
    return {"ScheduledWindowExecutions": shown, **more}


def describe_maintenance_windows_for_target(call: Call, request: Request) -> dict[str, Any]:
    """The windows that have a target or a task for nodes by their ids."""
    wanted: set[str] = set()
    for given in request["Targets"]:
        if given.get("Key") != "InstanceIds" or request["ResourceType"] != "INSTANCE":
            raise not_implemented("ssm", f"DescribeMaintenanceWindowsForTarget.Targets.Key={given.get('Key')}")
        wanted |= set(given.get("Values") or ())
    found = [each for each in call.state(WindowsState).windows.values() if wanted & _nodes(each)]
    some, more = page(found, request, limits.PAGE)
    return {"WindowIdentities": [{"WindowId": each.id, "Name": each.members["Name"]} for each in some], **more}


def describe_maintenance_window_targets(call: Call, request: Request) -> dict[str, Any]:
    """The targets of a window that filters (Type, WindowTargetId, OwnerInformation) find."""
    _, window = naming.require(call, request["WindowId"])
    shown = [{"WindowId": window.id, "WindowTargetId": each.id, **each.members} for each in window.targets.values()]
    members = {"Type": "ResourceType", "WindowTargetId": "WindowTargetId", "OwnerInformation": "OwnerInformation"}
    some, more = page(_passing(shown, request, members), request, limits.PAGE)
    return {"Targets": some, **more}


def describe_maintenance_window_tasks(call: Call, request: Request) -> dict[str, Any]:
    """The tasks of a window that filters (WindowTaskId, TaskArn, Priority, TaskType) find."""
    _, window = naming.require(call, request["WindowId"])
    shown = [_listed(window, each) for each in window.tasks.values()]
    members = {"WindowTaskId": "WindowTaskId", "TaskArn": "TaskArn", "Priority": "Priority", "TaskType": "Type"}
    some, more = page(_passing(shown, request, members), request, limits.PAGE)
    return {"Tasks": some, **more}


def get_maintenance_window_task(call: Call, request: Request) -> dict[str, Any]:
    """All about a task."""
    _, window = naming.require(call, request["WindowId"])
    task = naming.task(window, request["WindowTaskId"])
    return {"WindowId": window.id, "WindowTaskId": task.id, "TaskParameters": {}, **task.members}


def _described(window: Window) -> dict[str, Any]:
    found: dict[str, Any] = {"WindowId": window.id, **window.members, "Enabled": window.is_enabled}
    del found["AllowUnassociatedTargets"]
    if window.due_ms:
        found["NextExecutionTime"] = schedules.text(window, window.due_ms)
    return found


def _listed(window: Window, task: Task) -> dict[str, Any]:
    shown: dict[str, Any] = {"WindowId": window.id, "WindowTaskId": task.id, "TaskParameters": {}, **task.members}
    shown.pop("TaskInvocationParameters", None)
    return {("Type" if name == "TaskType" else name): value for name, value in shown.items()}


def _nodes(window: Window) -> set[str]:
    lists = [each.members["Targets"] for each in window.targets.values()]
    lists += [each.members.get("Targets") or [] for each in window.tasks.values()]
    return {
        value
        for targets in lists
        for one in targets
        if one.get("Key") == "InstanceIds"
        for value in one.get("Values") or ()
    }


def _passing(shown: list[dict[str, Any]], request: Request, members: Mapping[str, str]) -> list[dict[str, Any]]:
    for given in request.get("Filters") or ():
        member = members.get(given.get("Key") or "")
        if member is None:
            raise filters.invalid_key(given.get("Key"))
        wanted = cast("list[str]", given.get("Values") or [])
        shown = [each for each in shown if str(each.get(member, "")) in wanted]
    return shown
