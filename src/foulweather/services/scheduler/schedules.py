"""Schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.scheduler import limits, paging, target_checks, timing
from foulweather.services.scheduler.state import DEFAULT, Group, Schedule, SchedulerState

Request = Mapping[str, Any]
_SETTINGS: Final = (
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)


def create_schedule(call: Call, request: Request) -> dict[str, Any]:
    """Make a schedule."""
    settings = _checked(call, request)
    state, group = _group(call, request)
    name, token = request["Name"], request.get("ClientToken") or ""
    held = state.schedules.get(f"{group.name}/{name}")
    if held is not None and token and held.token == token:
        return {"ScheduleArn": held.arn}
    if held is not None:
        raise limits.exists("Schedule", name)
    if len(state.schedules) >= limits.SCHEDULES_MAX:
        raise limits.too_many("Schedules", len(state.schedules), limits.SCHEDULES_MAX)
    target_checks.require_assumable(call, settings["Target"]["RoleArn"], group.arn)
    arn = call.arn("scheduler", f"schedule/{group.name}/{name}")
    begins_ms = settings.get("StartDate") or call.now
    schedule = Schedule(name, group.name, arn, call.now, call.now, settings, begins_ms, token)
    state.schedules.put(schedule.key, schedule)
    timing.arm(call, state, schedule, call.now)
    _changed(call, "scheduler.ScheduleCreated", schedule)
    return {"ScheduleArn": arn}


def update_schedule(call: Call, request: Request) -> dict[str, Any]:
    """Replace all that a schedule is: what the request does not say gets its default."""
    settings = _checked(call, request)
    state, schedule = _require(call, request)
    _, group = _group(call, request)
    target_checks.require_assumable(call, settings["Target"]["RoleArn"], group.arn)
    schedule.settings, schedule.modified_ms = settings, call.now
    schedule.begins_ms = settings.get("StartDate") or call.now
    timing.arm(call, state, schedule, call.now)
    _changed(call, "scheduler.ScheduleUpdated", schedule)
    return {"ScheduleArn": schedule.arn}


def delete_schedule(call: Call, request: Request) -> dict[str, Any]:
    """Delete a schedule."""
    state, schedule = _require(call, request)
    timing.disarm(call, schedule)
    state.schedules.delete(schedule.key)
    call.changed("scheduler.ScheduleDeleted", schedule.arn)
    return {}


def get_schedule(call: Call, request: Request) -> dict[str, Any]:
    """A schedule."""
    _, schedule = _require(call, request)
    return {
        **schedule.settings,
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "CreationDate": schedule.created_ms,
        "LastModificationDate": schedule.modified_ms,
    }


def list_schedules(call: Call, request: Request) -> dict[str, Any]:
    """The schedules of a group, or of all of them, by a prefix of their names and their state."""
    state, prefix = call.state(SchedulerState), request.get("NamePrefix") or ""
    group, in_state = request.get("GroupName"), request.get("State")
    if group and state.group(group, call.account, call.region) is None:
        raise limits.missing("Schedule group", group)
    found = [
        _summary(schedule)
        for _, schedule in sorted(state.schedules.items())
        if (not group or schedule.group == group)
        and schedule.name.startswith(prefix)
        and (not in_state or schedule.settings["State"] == in_state)
    ]
    listed, more = paging.page(found, request)
    return {"Schedules": list(listed), **more}


def _checked(call: Call, request: Request) -> dict[str, Any]:
    """The settings that a request asks for, with AWS's defaults."""
    if request.get("KmsKeyArn"):
        raise not_implemented("scheduler", f"{call.operation}.KmsKeyArn")
    settings = {name: request[name] for name in _SETTINGS if request.get(name) is not None}
    settings.setdefault("State", "ENABLED")
    settings.setdefault("ScheduleExpressionTimezone", "UTC")
    settings.setdefault("ActionAfterCompletion", "NONE")
    timing.checked(settings["ScheduleExpression"])
    timing.checked_zone(settings["ScheduleExpressionTimezone"])
    window = settings["FlexibleTimeWindow"]
    if (window["Mode"] == "FLEXIBLE") != (window.get("MaximumWindowInMinutes") is not None):
        raise limits.invalid(
            "MaximumWindowInMinutes must be specified when, and only when, the mode of FlexibleTimeWindow is FLEXIBLE.",
            FlexibleTimeWindow=window,
        )
    start_ms, end_ms = settings.get("StartDate"), settings.get("EndDate")
    for name, value in (("StartDate", start_ms), ("EndDate", end_ms)):
        if value is not None and value < call.now - limits.PAST_MS_MAX:
            raise limits.invalid(f"The {name} you specify cannot be earlier than 5 minutes ago.", **{name: value})
    if start_ms is not None and end_ms is not None and end_ms <= start_ms:
        raise limits.invalid("The EndDate must come after the StartDate.", StartDate=start_ms, EndDate=end_ms)
    target = dict(settings["Target"])
    policy = {"MaximumEventAgeInSeconds": limits.AGE_S_MAX, "MaximumRetryAttempts": limits.RETRIES_MAX}
    target["RetryPolicy"] = policy | (target.get("RetryPolicy") or {})
    settings["Target"] = target
    target_checks.check(call, target)
    return settings


def _group(call: Call, request: Request) -> tuple[SchedulerState, Group]:
    state, name = call.state(SchedulerState), request.get("GroupName") or DEFAULT
    group = state.group(name, call.account, call.region)
    if group is None:
        raise limits.missing("Schedule group", name)
    return state, group


def _require(call: Call, request: Request) -> tuple[SchedulerState, Schedule]:
    state, group = _group(call, request)
    schedule = state.schedules.get(f"{group.name}/{request['Name']}")
    if schedule is None:
        raise limits.missing("Schedule", request["Name"])
    return state, schedule


def _changed(call: Call, kind: str, schedule: Schedule) -> None:
    settings = schedule.settings
    call.changed(
        kind,
        schedule.arn,
        ScheduleExpression=settings["ScheduleExpression"],
        State=settings["State"],
        Target=settings["Target"]["Arn"],
        RoleArn=settings["Target"]["RoleArn"],
    )


def _summary(schedule: Schedule) -> dict[str, Any]:
    return {
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.settings["State"],
        "CreationDate": schedule.created_ms,
        "LastModificationDate": schedule.modified_ms,
        "Target": {"Arn": schedule.target["Arn"]},
    }
