"""A composite alarm's actions, held back while its suppressor is in ALARM, or may be soon, or was until now.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.cloudwatch import history, states
from foulweather.services.cloudwatch.records import Alarm, Composite
from foulweather.services.cloudwatch.state import WatchState

PERIODS = {"WaitPeriod": "ActionsSuppressorWaitPeriod", "ExtensionPeriod": "ActionsSuppressorExtensionPeriod"}


def changed(call: Call, composite: Composite, before: str) -> None:
    """A composite alarm has a new state: carry out its actions, or hold them back."""
    suppressor = _suppressor(call, composite)
    if suppressor is None:
        states.act(call, composite, before)
        return
    if suppressor.value == "ALARM":
        _hold(call, composite, "Alarm", before)
    elif composite.value == "ALARM":
        _wait(call, composite, "WaitPeriod", before)
    else:
        was_held = composite.suppressed_by
        _release(call, composite)
        if was_held:
            # What it would end was never told.
            history.note(call, composite, "Action", f"Actions of {composite.name} were suppressed by {was_held}", {})
        else:
            states.act(call, composite, before)


def suppressor_changed(call: Call, composite: Composite, suppressor: Alarm) -> None:
    """The suppressor went into ALARM, or left it."""
    if suppressor.value == "ALARM":
        if composite.suppressed_by:
            _hold(call, composite, "Alarm", composite.held_from)
    elif composite.suppressed_by == "Alarm":
        if composite.value == "ALARM":
            _wait(call, composite, "ExtensionPeriod", composite.held_from)
        else:
            _release(call, composite)


async def review(call: Call, name: str) -> None:
    """When a wait or an extension is over, carry out what was held back."""
    composite = call.state(WatchState).composites.get(name)
    if composite is None or not composite.held_until_ms or call.now < composite.held_until_ms:
        return
    before = composite.held_from
    _release(call, composite)
    if composite.value == "ALARM":
        states.act(call, composite, before)


def _wait(call: Call, composite: Composite, period: str, before: str) -> None:
    seconds = composite.config.get(PERIODS[period]) or 0
    if not seconds:
        _release(call, composite)
        states.act(call, composite, before)
        return
    _hold(call, composite, period, before)
    composite.held_until_ms = call.now + seconds * 1000
    call.state(WatchState).touch(composite)
    call.later(composite.held_until_ms, "cloudwatch.review_suppression", alarm=composite.name)


def _hold(call: Call, composite: Composite, by: str, before: str) -> None:
    composite.suppressed_by, composite.held_from, composite.held_until_ms = by, before, 0
    composite.suppressed_reason = f"Actions suppressed by {by}"
    call.state(WatchState).touch(composite)
    facts = (Fact(composite.arn, "ActionsSuppressor", composite.config["ActionsSuppressor"]),)
    cause = f"The actions of {composite.name} are held back by {by}."
    call.explain("AlarmAction", composite.arn, Why("delayed" if by != "Alarm" else "dropped", cause, facts))


def _release(call: Call, composite: Composite) -> None:
    composite.suppressed_by = composite.suppressed_reason = ""
    composite.held_until_ms = 0
    call.state(WatchState).touch(composite)


def _suppressor(call: Call, composite: Composite) -> Alarm | None:
    named: str = composite.config.get("ActionsSuppressor") or ""
    name = named.split(":alarm:", 1)[1] if ":alarm:" in named else named
    return call.state(WatchState).alarm(name) if name else None
