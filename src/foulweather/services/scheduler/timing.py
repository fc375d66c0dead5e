"""When a schedule is due: its expression in its time zone, from its start to its end.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from foulweather.kernel import cron
from foulweather.kernel.call import Call
from foulweather.services.scheduler import limits
from foulweather.services.scheduler.state import Schedule, SchedulerState

_ONE: Final = re.compile(r"^rate\( *1 +(minute|hour|day)s *\)$")


def checked_zone(name: str) -> tzinfo:
    """A time zone by its IANA name."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise limits.invalid(f"Invalid ScheduleExpressionTimezone {name}.", ScheduleExpressionTimezone=name) from None


def checked(expression: str) -> cron.Expression:
    """A schedule expression; the unit of a rate is singular or plural, whatever its value (unlike that of a rule)."""
    try:
        return cron.read(_ONE.sub(r"rate(1 \1)", expression))
    except cron.CronError:
        raise limits.invalid(f"Invalid Schedule Expression {expression}.", ScheduleExpression=expression) from None


def next_ms(schedule: Schedule, after_ms: int) -> int | None:
    """When a schedule is due next at or after a time, or None when it is over."""
    settings = schedule.settings
    zone = checked_zone(settings.get("ScheduleExpressionTimezone") or "UTC")
    found = checked(settings["ScheduleExpression"])
    if isinstance(found, cron.At):
        # "EventBridge Scheduler ignores StartDate for one-time schedules", and EndDate too.
        when_ms = cron.at_ms(found, zone)
        return when_ms if when_ms >= after_ms else None
    after_ms = max(after_ms, settings.get("StartDate") or 0)
    if isinstance(found, cron.Rate):
        # Without a start date a rate-based schedule "starts invoking its target immediately", then every period.
        periods = max(0, -((schedule.begins_ms - after_ms) // found.step_ms))
        when_ms = schedule.begins_ms + periods * found.step_ms
    else:
        when_ms = found.next_ms(after_ms - 1, zone)
    end_ms = settings.get("EndDate")
    return None if when_ms is None or (end_ms and when_ms > end_ms) else when_ms


def arm(call: Call, state: SchedulerState, schedule: Schedule, after_ms: int) -> bool:
    """Put a schedule's next run at or after a time on the agenda, in place of the last one; whether there is one."""
    disarm(call, schedule)
    when_ms = next_ms(schedule, after_ms) if schedule.is_enabled else None
    if when_ms is not None:
        schedule.due = call.later(when_ms, "scheduler.run", schedule=schedule.key, at_ms=when_ms)
    state.schedules.touch(schedule.key)
    return when_ms is not None


def disarm(call: Call, schedule: Schedule) -> None:
    """Take a schedule's next run off the agenda."""
    if schedule.due:
        call.world.agenda.cancel(schedule.due)
        schedule.due = 0
