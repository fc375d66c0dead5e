"""When windows open: `cron(0 16 ? * TUE *)`, `rate(7 days)`, `at(2020-05-14T15:55:00)`, in the window's time zone.

https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html and
https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-windows-schedule-options.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from foulweather.kernel import cron
from foulweather.services.ssm import refusals
from foulweather.services.ssm.windows.state import Window

_DAY_MS: Final = 86_400_000


def check(members: Mapping[str, Any]) -> None:
    """Refuse a schedule, a time zone or dates that mean nothing."""
    expression = _expression(members["Schedule"])
    zone(members)
    if members.get("ScheduleOffset") and not isinstance(expression, cron.Cron):
        raise refusals.invalid(
            "ScheduleOffset can be specified for a cron expression only.", ScheduleOffset=members["ScheduleOffset"]
        )
    for name in ("StartDate", "EndDate"):
        if members.get(name):
            time_ms(members, name)


def zone(members: Mapping[str, Any]) -> tzinfo:
    """The time zone that a window's times are in, by its IANA name."""
    name: str = members.get("ScheduleTimezone") or ""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise refusals.invalid(f"Invalid timezone: {name}.", ScheduleTimezone=name) from None


def time_ms(members: Mapping[str, Any], name: str) -> int:
    """The time of StartDate or EndDate, or 0; without an offset it is in the window's time zone."""
    text: str = members.get(name) or ""
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise refusals.invalid(f"{name} isn't in ISO-8601 Extended format: {text}.", **{name: text}) from None
    return int((at if at.tzinfo is not None else at.replace(tzinfo=zone(members))).timestamp()) * 1000


def upcoming(window: Window, after_ms: int) -> Iterator[int]:
    """The times at which a window opens after a time, none before StartDate and none after EndDate."""
    members = window.members
    expression, place = _expression(members["Schedule"]), zone(members)
    offset_ms = (members.get("ScheduleOffset") or 0) * _DAY_MS
    start_ms, end_ms = time_ms(members, "StartDate"), time_ms(members, "EndDate")
    # "if you provide a start date that occurs in the past, the current date and time are used" (a rate schedule).
    begins_ms = max(start_ms, window.begins_ms)
    at_ms = max(after_ms, start_ms - 1)
    while True:
        found = cron.next_ms(expression, at_ms - offset_ms, begins_ms=begins_ms, zone=place)
        if found is None or (end_ms and found + offset_ms > end_ms):
            return
        at_ms = found + offset_ms
        yield at_ms


def next_ms(window: Window, after_ms: int) -> int:
    """When a window opens next, or 0 when it never does: an enabled window has one."""
    return next(upcoming(window, after_ms), 0) if window.is_enabled else 0


def text(window: Window, at_ms: int) -> str:
    """A time as the API shows it: seconds are left out when there are none."""
    at = datetime.fromtimestamp(at_ms // 1000, zone(window.members))
    offset = f"{at:%z}"
    shown = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:]}"
    if at_ms % 1000:
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}{shown}"
    return f"{at:%Y-%m-%dT%H:%M:%S}{shown}" if at.second else f"{at:%Y-%m-%dT%H:%M}{shown}"


def _expression(expression: str) -> cron.Expression:
    given = expression.strip()
    if given.startswith("cron("):
        fields = given.removeprefix("cron(").rstrip(")").split()
        if len(fields) == 7 and fields[0] == "0":  # "A seventh field, the Seconds field ..., is optional"
            given = f"cron({' '.join(fields[1:])})"
    try:
        return cron.read(given)
    except cron.CronError as error:
        raise refusals.invalid(f"Invalid schedule expression: {expression} ({error}).", Schedule=expression) from None
