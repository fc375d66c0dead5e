"""An alarm's change of state: on record, in its history, and off to its actions and the alarms that go by it."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import history
from foulweather.services.cloudwatch.records import Alarm, AlarmValue, Composite
from foulweather.services.cloudwatch.state import WatchState

ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


def put(call: Call, alarm: Alarm, value: AlarmValue, reason: str, reason_data: str = "") -> None:
    """Set an alarm's state; a new one leads to its actions."""
    before = (alarm.value, alarm.reason, alarm.reason_data)
    alarm.value, alarm.reason, alarm.reason_data = value, reason, reason_data
    alarm.updated_ms = call.now
    call.state(WatchState).touch(alarm)
    if before[0] == value:
        return
    alarm.transitioned_ms = call.now
    history.noted_state(call, alarm, before)
    call.happened(
        "cloudwatch.AlarmStateChanged", alarm.arn, alarm=alarm.name, before=before[0], after=value, reason=reason
    )
    if isinstance(alarm, Composite):
        from foulweather.services.cloudwatch import suppressing

        suppressing.changed(call, alarm, before[0])
    else:
        act(call, alarm, before[0])
    _pass_on(call, alarm)


def act(call: Call, alarm: Alarm, before: str) -> None:
    """Put an alarm's actions for its state on the agenda."""
    if not alarm.config.get(ACTIONS[alarm.value]):
        return
    if not alarm.is_enabled:
        summary = f'No actions executed for alarm "{alarm.name}": actions are disabled.'
        history.note(call, alarm, "Action", summary, {"actionState": "InProgress"})
        return
    from foulweather.services.cloudwatch import muting

    if muting.is_held(call, alarm, before):
        return
    alarm.acted_ms, alarm.muted_from = call.now, ""
    call.state(WatchState).touch(alarm)
    for action in alarm.config[ACTIONS[alarm.value]]:
        call.later(
            call.now,
            "cloudwatch.carry_out",
            alarm=alarm.name,
            target=action,
            before=before,
            after=alarm.value,
            reason=alarm.reason,
            reason_data=alarm.reason_data,
            at_ms=call.now,
        )


def _pass_on(call: Call, alarm: Alarm) -> None:
    """Evaluate the composite alarms that go by an alarm, and those whose actions it suppresses."""
    from foulweather.services.cloudwatch import composites

    composites.child_changed(call, alarm)
