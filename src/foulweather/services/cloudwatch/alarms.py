"""Alarms made, changed and deleted.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import alarm_checks, composites, evaluating, history, limits, refusals, tagging
from foulweather.services.cloudwatch.records import Alarm
from foulweather.services.cloudwatch.state import WatchState

Request = Mapping[str, Any]


def put_metric_alarm(call: Call, request: Request) -> None:
    """Make an alarm on a metric or on metric math, or replace what it goes by; its state stays."""
    limits.check_model(call, request)
    alarm_checks.check_alarm(call, request)
    tags = tagging.given(request.get("Tags"))
    state = call.state(WatchState)
    name = request["AlarmName"]
    if name in state.composites:
        raise refusals.validation(f"An alarm with the name {name} exists already as a composite alarm.", AlarmName=name)
    config = {key: value for key, value in request.items() if key != "Tags"}
    alarm = state.alarms.get(name)
    if alarm is None:
        arn = call.arn("cloudwatch", f"alarm:{name}")
        alarm = Alarm(
            name=name, arn=arn, config=config, configured_ms=call.now, updated_ms=call.now, transitioned_ms=call.now
        )
        alarm.tags = tags
        state.alarms.put(name, alarm)
        if state.is_high is not None:
            state.is_high |= alarm_checks.period_of(config) < 60
        history.noted_change(call, alarm, "Create")
    else:
        alarm.config, alarm.configured_ms = config, call.now
        state.is_high = None
        state.alarms.touch(name)
        history.noted_change(call, alarm, "Update")
    call.changed("cloudwatch.AlarmPut", alarm.arn, **config)
    evaluating.schedule(call, alarm)


def delete_alarms(call: Call, request: Request) -> None:
    """Delete alarms; names of none are passed over."""
    limits.check_model(call, request)
    state = call.state(WatchState)
    names: list[str] = request["AlarmNames"]
    found = [state.alarm(name) for name in names]
    if sum(each is not None and each.is_composite for each in found) > 1:
        raise refusals.validation("Only one composite alarm can be deleted with one call.", AlarmNames=names)
    for alarm in found:
        if alarm is not None:
            _check_unused(state, alarm, names)
    for alarm in found:
        if alarm is None or state.alarm(alarm.name) is None:
            continue  # "it's not an error to delete an alarm that does not exist" (DeleteAlarms)
        history.noted_change(call, alarm, "Delete")
        (state.composites if alarm.is_composite else state.alarms).delete(alarm.name)
        state.plans.pop(alarm.name, None)
        call.changed("cloudwatch.AlarmDeleted", alarm.arn, AlarmName=alarm.name)
    state.is_high = None
    evaluating.schedule(call)


def _check_unused(state: WatchState, alarm: Alarm, names: list[str]) -> None:
    """An alarm that a composite alarm goes by, or that suppresses its actions, has to stay.

    "You can't delete any composite alarm that is part of the cycle because there is always still a composite alarm
    that depends on that alarm" (DeleteAlarms).
    """
    for composite in state.composites.values():
        suppressor = composites.name_of(composite.config.get("ActionsSuppressor") or "")
        if composite.name not in names and alarm.name in (suppressor, *composites.children(composite)):
            raise refusals.validation(
                f"Cannot delete {alarm.name} as there are composite alarm(s) depending on it.",
                AlarmName=alarm.name,
                composite=composite.name,
            )


def enable_alarm_actions(call: Call, request: Request) -> None:
    """Let alarms act."""
    _set_enabled(call, request, True)


def disable_alarm_actions(call: Call, request: Request) -> None:
    """Keep alarms from acting; their states still change."""
    _set_enabled(call, request, False)


def _set_enabled(call: Call, request: Request, is_enabled: bool) -> None:
    limits.check_model(call, request)
    state = call.state(WatchState)
    for name in request["AlarmNames"]:
        alarm = state.alarm(name)
        if alarm is not None and alarm.is_enabled != is_enabled:
            alarm.config = {**alarm.config, "ActionsEnabled": is_enabled}
            alarm.configured_ms = call.now
            state.touch(alarm)
            history.noted_change(call, alarm, "Update")
            call.changed("cloudwatch.AlarmPut", alarm.arn, ActionsEnabled=is_enabled)
