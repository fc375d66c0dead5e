"""Windows: made, changed, deleted.

https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-windows.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.ssm import limits as tagging
from foulweather.services.ssm import refusals
from foulweather.services.ssm.windows import limits, naming, planning, schedules
from foulweather.services.ssm.windows.state import Window, WindowsState

Request = Mapping[str, Any]
KEPT: Final = (
    "Name",
    "Description",
    "StartDate",
    "EndDate",
    "Schedule",
    "ScheduleTimezone",
    "ScheduleOffset",
    "Duration",
    "Cutoff",
    "AllowUnassociatedTargets",
)
_NEEDED: Final = ("Name", "Schedule", "Duration", "Cutoff", "AllowUnassociatedTargets")


def create_maintenance_window(call: Call, request: Request) -> dict[str, Any]:
    """Make a window, which is enabled."""
    members = {name: request[name] for name in KEPT if name in request}
    _check(call, members)
    tags = tagging.checked_tags(request.get("Tags") or (), {})
    state = call.state(WindowsState)
    token: str = request.get("ClientToken") or ""
    before = next((each for each in state.windows.values() if token and each.token == token), None)
    if before is not None:
        naming.same(before.members, members, token)
        return {"WindowId": before.id}
    limits.check_count("maintenance windows", len(state.windows), limits.WINDOWS_MAX)
    window = Window(
        f"mw-{call.world.ids.hex(17)}",
        call.account,
        call.region,
        call.now,
        call.now,
        call.now,
        members,
        tags=tags,
        token=token,
    )
    state.windows.put(window.id, window)
    planning.plan(call, state, window)
    call.changed("ssm.MaintenanceWindowSet", window.arn, Enabled=True, **members)
    return {"WindowId": window.id}


def update_maintenance_window(call: Call, request: Request) -> dict[str, Any]:
    """Change a window; with Replace, what is left out is not set any more."""
    state, window = naming.require(call, request["WindowId"])
    if request.get("Replace"):
        for name in _NEEDED:
            if name not in request:
                raise refusals.invalid(f"{name} is required when Replace is true.", Replace=True)
    held = {} if request.get("Replace") else window.members
    members = held | {name: request[name] for name in KEPT if name in request}
    _check(call, members)
    if members.get("Schedule") != window.members.get("Schedule"):
        window.begins_ms = call.now
    window.members, window.modified_ms = members, call.now
    if "Enabled" in request:
        window.is_enabled = request["Enabled"]
    planning.plan(call, state, window)
    call.changed("ssm.MaintenanceWindowSet", window.arn, Enabled=window.is_enabled, **members)
    return {"WindowId": window.id, **members, "Enabled": window.is_enabled}


def delete_maintenance_window(call: Call, request: Request) -> dict[str, Any]:
    """Delete a window, with what is registered with it; one that is not there counts as deleted."""
    state = call.state(WindowsState)
    window = state.windows.get(request["WindowId"])
    if window is not None:
        state.windows.delete(window.id)
        call.changed("ssm.MaintenanceWindowDeleted", window.arn, Name=None)
    return {"WindowId": request["WindowId"]}


def _check(call: Call, members: Mapping[str, Any]) -> None:
    limits.check_hours(members)
    schedules.check(members)
    end_ms = schedules.time_ms(members, "EndDate")
    if end_ms and end_ms <= max(call.now, schedules.time_ms(members, "StartDate")):
        raise refusals.invalid("EndDate must be in the future, and after StartDate.", EndDate=members["EndDate"])
