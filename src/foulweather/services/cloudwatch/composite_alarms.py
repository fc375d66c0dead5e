"""PutCompositeAlarm.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import alarm_checks, composites, history, limits, refusals, rules, tagging
from foulweather.services.cloudwatch.records import Composite
from foulweather.services.cloudwatch.state import WatchState

Request = Mapping[str, Any]
CHILDREN_MAX = 100


def put_composite_alarm(call: Call, request: Request) -> None:
    """Make an alarm that goes by others, or replace its rule; its state stays until it is evaluated."""
    limits.check_model(call, request)
    alarm_checks.check_actions(call, request)
    state = call.state(WatchState)
    name = request["AlarmName"]
    _check_rule(state, name, request["AlarmRule"])
    _check_suppressor(state, request)
    tags = tagging.given(request.get("Tags"))
    if name in state.alarms:
        raise refusals.validation(f"An alarm with the name {name} exists already as a metric alarm.", AlarmName=name)
    config = {key: value for key, value in request.items() if key != "Tags"}
    alarm = state.composites.get(name)
    if alarm is None:
        alarm = Composite(
            name=name,
            arn=call.arn("cloudwatch", f"alarm:{name}"),
            config=config,
            configured_ms=call.now,
            updated_ms=call.now,
            transitioned_ms=call.now,
            tags=tags,
        )
        state.composites.put(name, alarm)
        history.noted_change(call, alarm, "Create")
    else:
        alarm.config, alarm.configured_ms = config, call.now
        state.composites.touch(name)
        history.noted_change(call, alarm, "Update")
    call.changed("cloudwatch.AlarmPut", alarm.arn, **config)
    call.later(call.now, "cloudwatch.compose", alarm=name)


def _check_rule(state: WatchState, name: str, text: str) -> None:
    try:
        rule = rules.parsed(text)
    except rules.RuleFault as fault:
        raise refusals.validation(f"AlarmRule must be a valid rule expression: {fault}.", AlarmRule=text) from None
    names = [composites.name_of(each) for each in rule.alarms]
    if len(names) > CHILDREN_MAX:
        raise refusals.validation(f"AlarmRule must not have more than {CHILDREN_MAX} child alarms.", AlarmRule=text)
    for each in names:
        # Two rules may name each other: "it is possible to create a loop or cycle" (PutCompositeAlarm).
        if each != name and state.alarm(each) is None:
            raise refusals.validation(
                f"Could not save the composite alarm as alarms [{each}] in the alarm rule do not exist",
                AlarmRule=text,
                missing=each,
            )


def _check_suppressor(state: WatchState, request: Request) -> None:
    named = request.get("ActionsSuppressor")
    periods = [request.get(f"ActionsSuppressor{each}Period") for each in ("Wait", "Extension")]
    if named is None:
        if any(period is not None for period in periods):
            raise refusals.validation(
                "ActionsSuppressor must be specified with ActionsSuppressorWaitPeriod and "
                "ActionsSuppressorExtensionPeriod."
            )
        return
    if any(period is None or period < 0 for period in periods):
        raise refusals.validation(
            "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be specified with ActionsSuppressor."
        )
    if composites.name_of(named) == request["AlarmName"] or state.alarm(composites.name_of(named)) is None:
        raise refusals.validation(
            f"Could not save the composite alarm as the actions suppressor {named} does not exist",
            ActionsSuppressor=named,
        )
