"""Rotation schedules, and the windows that they open.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.cron import Cron, CronError
from foulweather.kernel.errors import AwsError
from foulweather.services.secretsmanager import refusals
from foulweather.services.secretsmanager.limits import DAY_MS

HOUR_MS = 3_600_000
HOURS = (4, 24_000)
DAYS_MAX = 1000
_RATE = re.compile(r"rate\((\d+) (hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.*)\)")


class Window(NamedTuple):
    """When a secret may be rotated."""

    opens_ms: int
    ends_ms: int


def checked_rules(rules: Mapping[str, Any]) -> tuple[int, str, str]:
    """The days, the expression and the duration of a schedule that makes sense."""
    days: int = rules.get("AutomaticallyAfterDays") or 0
    expression: str = rules.get("ScheduleExpression") or ""
    duration: str = rules.get("Duration") or ""
    if days and expression:
        raise refusals.invalid_parameter(
            "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules."
        )
    if not days and not expression:
        raise refusals.invalid_parameter(
            "You must specify either AutomaticallyAfterDays or ScheduleExpression in RotationRules."
        )
    window = next_window(days, expression, duration, 0)
    following = next_window(days, expression, duration, window.opens_ms)
    ends_of_day = window.opens_ms - window.opens_ms % DAY_MS + DAY_MS
    if duration and (window.ends_ms > ends_of_day or window.ends_ms > following.opens_ms):
        raise refusals.invalid_parameter(
            "The rotation window must not extend into the next rotation window or the next UTC day.", Duration=duration
        )
    return days, expression, duration


def next_window(days: int, expression: str, duration: str, after_ms: int) -> Window:
    """The first window that opens after a time: after the last rotation, for a schedule by days or hours."""
    hours_long = int(duration[:-1]) if duration else 0
    if not expression:
        opens_ms = after_ms - after_ms % DAY_MS + days * DAY_MS
        return _window(opens_ms, hours_long, by_hours=False)
    if rate := _RATE.fullmatch(expression):
        count = int(rate[1])
        if rate[2] == "hour":
            if not HOURS[0] <= count <= HOURS[1]:
                raise _invalid(expression, f"rate() in hours is from {HOURS[0]} hours on")
            return _window(after_ms - after_ms % HOUR_MS + count * HOUR_MS, hours_long, by_hours=True)
        if not 1 <= count <= DAYS_MAX:
            raise _invalid(expression, f"rate() in days is from 1 to {DAYS_MAX} days")
        return _window(after_ms - after_ms % DAY_MS + count * DAY_MS, hours_long, by_hours=False)
    found = _CRON.fullmatch(expression)
    if found is None:
        raise _invalid(expression, "a schedule is rate(value unit) or cron(fields)")
    cron = _cron(expression, found[1])
    opens_ms = cron.next_ms(after_ms)
    if opens_ms is None:
        raise _invalid(expression, "no day is like that")
    return _window(opens_ms, hours_long, by_hours=len(cron.hours) > 1)


def _cron(expression: str, text: str) -> Cron:
    """A cron expression as rotation takes it: on the hour, and for ever."""
    fields = text.split()
    if len(fields) == 6 and fields[0] != "0":
        raise _invalid(expression, "The minutes must be 0, because rotation windows open on the hour")
    if len(fields) == 6 and fields[5] != "*":
        raise _invalid(expression, "The year must be *, because rotation schedules don't end")
    try:
        return Cron(text)
    except CronError as error:
        raise _invalid(expression, str(error)) from None


def _window(opens_ms: int, hours_long: int, *, by_hours: bool) -> Window:
    """Without a duration, a window by hours is an hour long, and one by days ends with the UTC day."""
    if hours_long:
        return Window(opens_ms, opens_ms + hours_long * HOUR_MS)
    if by_hours:
        return Window(opens_ms, opens_ms + HOUR_MS)
    return Window(opens_ms, opens_ms - opens_ms % DAY_MS + DAY_MS)


def _invalid(expression: str, details: str) -> AwsError:
    return refusals.invalid_parameter(f"Invalid ScheduleExpression: {details}.", ScheduleExpression=expression)
