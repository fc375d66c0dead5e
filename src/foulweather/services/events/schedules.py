"""Rules that keep time: `rate(...)` from when they were made, `cron(...)` in UTC.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

from foulweather.kernel import cron
from foulweather.kernel.call import Call
from foulweather.services.events import refusals, routing
from foulweather.services.events.envelopes import made
from foulweather.services.events.state import DEFAULT, EventsState, Rule


def check(schedule: str, bus: str) -> None:
    """Refuse a schedule that is none, or is not on the default bus."""
    if bus != DEFAULT:
        raise refusals.invalid(
            "ScheduleExpression is supported only on the default event bus.", ScheduleExpression=schedule
        )
    try:
        found = cron.read(schedule)
        is_known = not isinstance(found, cron.At)
    except cron.CronError:
        is_known = False
    if not is_known:
        raise refusals.invalid("Parameter ScheduleExpression is not valid.", ScheduleExpression=schedule)


def arm(call: Call, state: EventsState, rule: Rule) -> None:
    """Put a rule's next run on the agenda, in place of the one that is there."""
    if rule.due:
        call.world.agenda.cancel(rule.due)
        rule.due = 0
    if rule.schedule and rule.is_enabled and rule.key in state.rules:
        when_ms = cron.next_ms(cron.read(rule.schedule), call.now, begins_ms=rule.begins_ms)
        if when_ms is not None:
            rule.due = routing.later(call, when_ms, rule, "events.keep_time", rule=rule.key, at_ms=when_ms)
    if rule.key in state.rules:
        state.rules.touch(rule.key)


def run(call: Call, state: EventsState, rule: Rule, at_ms: int) -> None:
    """Send a scheduled rule's event to its own targets, and put the next run down."""
    rule.due = 0
    event = made(
        id=call.world.ids.uuid(),
        detail_type="Scheduled Event",
        source="aws.events",
        account=call.account,
        time_ms=at_ms,
        region=call.region,
        resources=[rule.arn],
        detail="{}",
    )
    routing.trigger(call, state, rule, event)
    arm(call, state, rule)
