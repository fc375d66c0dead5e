"""Composite alarms: evaluated when an alarm of their rule changes.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import history, rules, states, suppressing
from foulweather.services.cloudwatch.records import Alarm, AlarmValue, Composite
from foulweather.services.cloudwatch.state import WatchState


def name_of(alarm: str) -> str:
    """An alarm's name by its name or ARN."""
    return alarm.split(":alarm:", 1)[1] if alarm.startswith("arn:") and ":alarm:" in alarm else alarm


def children(alarm: Alarm) -> list[str]:
    """The names of the alarms that a composite alarm goes by."""
    return [name_of(each) for each in rules.parsed(alarm.config["AlarmRule"]).alarms]


def child_changed(call: Call, changed: Alarm) -> None:
    """Evaluate the composite alarms of an alarm, and tell those whose actions it suppresses."""
    state = call.state(WatchState)
    # "The evaluation of composite alarms stops if CloudWatch detects a cycle in the evaluation path."
    state.changing.append(changed.name)
    try:
        for composite in list(state.composites.values()):
            if name_of(composite.config.get("ActionsSuppressor") or "") == changed.name:
                suppressing.suppressor_changed(call, composite, changed)
            if changed.name in children(composite) and composite.name not in state.changing:
                evaluate(call, composite, changed)
    finally:
        state.changing.pop()


def evaluate_named(call: Call, name: str) -> None:
    """Evaluate a composite alarm that was created or changed."""
    composite = call.state(WatchState).composites.get(name)
    if composite is not None:
        evaluate(call, composite, None)


def evaluate(call: Call, composite: Composite, trigger: Alarm | None) -> None:
    """Set a composite alarm's state by its rule; it is in ALARM or it is OK."""
    state = call.state(WatchState)

    def state_of(alarm: str) -> str:
        found = state.alarm(name_of(alarm))
        return "INSUFFICIENT_DATA" if found is None else found.value

    value: AlarmValue = "ALARM" if rules.parsed(composite.config["AlarmRule"]).decides(state_of) else "OK"
    if value == composite.value:
        return
    if trigger is None:
        reason = f"{composite.config['AlarmRule']} evaluates to {'TRUE' if value == 'ALARM' else 'FALSE'}"
        states.put(call, composite, value, reason[:1023])
        return
    at = datetime.fromtimestamp(call.now // 1000, UTC)
    reason = f"{trigger.arn} transitioned to {trigger.value} at {at:%A %d %B, %Y %H:%M:%S} UTC"
    told = {"arn": trigger.arn, "state": {"value": trigger.value, "timestamp": history.stamp(call.now)}}
    states.put(call, composite, value, reason, json.dumps({"triggeringAlarms": [told]}))
