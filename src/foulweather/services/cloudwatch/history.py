"""What is remembered of an alarm for thirty days.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import limits
from foulweather.services.cloudwatch.records import Alarm, HistoryItem
from foulweather.services.cloudwatch.state import WatchState

SUMMARY_MAX = 255
DATA_MAX = 4095


def stamp(at_ms: int) -> str:
    """A time as alarms tell it."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}+0000"


def note(call: Call, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    """Add to an alarm's history, and forget what is too old."""
    state = call.state(WatchState)
    for key in list(state.history):
        if state.history[key].at_ms >= call.now - limits.HISTORY_MS:
            break
        state.history.delete(key)
    text = json.dumps({"version": "1.0", **data})
    kind_of = "CompositeAlarm" if alarm.is_composite else "MetricAlarm"
    state.note(HistoryItem(alarm.name, kind_of, call.now, kind, summary[:SUMMARY_MAX], text[:DATA_MAX]))


def noted_change(call: Call, alarm: Alarm, what: str) -> None:
    """An alarm was created, changed or deleted."""
    words = {"Create": "created", "Update": "updated", "Delete": "deleted"}[what]
    data = {"type": what, f"{words}Alarm": {"alarmName": alarm.name, "alarmArn": alarm.arn, **_described(alarm)}}
    note(call, alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {words}', data)


def _described(alarm: Alarm) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in alarm.config.items() if name != "AlarmName"}


def noted_state(call: Call, alarm: Alarm, before: tuple[str, str, str]) -> None:
    """An alarm's state changed."""
    value, reason, data = before
    old: dict[str, Any] = {"stateValue": value, "stateReason": reason}
    new: dict[str, Any] = {"stateValue": alarm.value, "stateReason": alarm.reason}
    for state, text in ((old, data), (new, alarm.reason_data)):
        if text:
            try:
                state["stateReasonData"] = json.loads(text)
            except ValueError:
                state["stateReasonData"] = text
    note(call, alarm, "StateUpdate", f"Alarm updated from {value} to {alarm.value}", {"oldState": old, "newState": new})
