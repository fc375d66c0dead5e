"""Schedules of scheduled actions: `at(...)`, `rate(...)`, `cron(...)`, in a time zone.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from foulweather.kernel.cron import Cron, CronError
from foulweather.kernel.errors import AwsError
from foulweather.services.applicationautoscaling import limits

_FORM = re.compile(r"(at|rate|cron)\((.*)\)")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_RATE = re.compile(r"(\d+) (minute|hour|day)(s?)")
_UNIT_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


def checked_zone(name: str | None) -> tzinfo:
    """A time zone by its IANA name; UTC unless told."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise limits.invalid(f"Invalid timezone: {name}", *limits.facts(Timezone=name)) from None


def check(schedule: str, zone: tzinfo) -> None:
    """Refuse a schedule that is none."""
    next_run(schedule, zone, 0)


def next_run(schedule: str, zone: tzinfo, after_ms: int, *, begins_ms: int = 0) -> int | None:
    """When a schedule is due next after a time, or None when it is over.

    A rate counts from when it begins: its start time, or else when the action was made.
    """
    form = _FORM.fullmatch(schedule)
    if form is None:
        raise _invalid(schedule, "a schedule is at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(fields)")
    kind, text = form.groups()
    if kind == "at":
        when_ms = _at(schedule, text, zone)
        return when_ms if when_ms > after_ms else None
    if kind == "rate":
        step_ms = _rate(schedule, text)
        return begins_ms + (max(0, after_ms - begins_ms) // step_ms + 1) * step_ms
    try:
        return Cron(text).next_ms(after_ms, zone)
    except CronError as error:
        raise _invalid(schedule, f"Invalid CRON expression: {error}") from None


def is_once(schedule: str) -> bool:
    """Whether a schedule is for one time only."""
    return schedule.startswith("at(")


def _at(schedule: str, text: str, zone: tzinfo) -> int:
    try:
        if _AT.fullmatch(text):
            return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1000
    except (ValueError, OverflowError):
        pass
    raise _invalid(schedule, "Invalid AT expression")


def _rate(schedule: str, text: str) -> int:
    found = _RATE.fullmatch(text)
    if found is None or int(found[1]) < 1 or (found[1] != "1") != bool(found[3]):
        raise _invalid(schedule, "Invalid RATE expression")
    return int(found[1]) * _UNIT_MS[found[2]]


def _invalid(schedule: str, details: str) -> AwsError:
    return limits.invalid(f"Invalid schedule expression. Details: {details}", *limits.facts(Schedule=schedule))
