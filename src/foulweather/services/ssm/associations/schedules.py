"""When associations run: `rate(30 minutes)`, `cron(0 2 ? * SUN *)`, `at(2026-01-01T00:00:00)`, all in UTC.

https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON: Final = re.compile(r"cron\((.+)\)")
_AT: Final = re.compile(r"at\((.+)\)")
_UNIT_MS: Final[Mapping[str, int]] = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
# "The minimum interval is 30 minutes": CreateAssociation, ScheduleExpression.
_RATE_MS_MIN: Final = 30 * 60_000
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ITEM: Final = re.compile(r"(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:/([1-9]\d*))?")
_NTH: Final = re.compile(r"([1-7]|[A-Z]{3})#([1-5])")
_DAYS_AHEAD_MAX: Final = 366 * 5


def next_ms(expression: str, after_ms: int) -> int:
    """When a schedule is due next after a time; 0 when it never is. ValueError tells what is no schedule."""
    if rate := _RATE.fullmatch(expression):
        span_ms = int(rate[1]) * _UNIT_MS[rate[2]]
        if span_ms < _RATE_MS_MIN:
            raise ValueError("the shortest rate is 30 minutes")
        return after_ms + span_ms
    if at := _AT.fullmatch(expression):
        when = datetime.fromisoformat(at[1])
        at_ms = int((when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()) * 1000
        return at_ms if at_ms > after_ms else 0
    cron = _CRON.fullmatch(expression)
    if cron is None:
        raise ValueError("a schedule is rate(...), cron(...) or at(...)")
    return _cron_ms(cron[1].upper().split(), after_ms)


def _cron_ms(fields: list[str], after_ms: int) -> int:
    if len(fields) == 7:  # seconds may lead, and are 0
        if fields[0] != "0":
            raise ValueError("the seconds of a cron expression are 0")
        fields = fields[1:]
    if len(fields) != 6:
        raise ValueError("a cron expression has six fields")
    minute, hour, day_of_month, month, day_of_week, year = fields
    minutes, hours = sorted(_values(minute, 0, 59)), sorted(_values(hour, 0, 23))
    months, years = _values(month, 1, 12, _MONTHS), _values(year, 1970, 2199)
    day = datetime.fromtimestamp(after_ms // 1000, UTC).date()
    for _ in range(_DAYS_AHEAD_MAX):
        if day.month in months and day.year in years and _is_on(day, day_of_month, day_of_week):
            for at in ((hour, minute) for hour in hours for minute in minutes):
                when = datetime(day.year, day.month, day.day, *at, tzinfo=UTC)
                if int(when.timestamp()) * 1000 > after_ms:
                    return int(when.timestamp()) * 1000
        day += timedelta(days=1)
    return 0


def _is_on(day: date, day_of_month: str, day_of_week: str) -> bool:
    last = monthrange(day.year, day.month)[1]
    if day_of_month == "L":
        fits_month = day.day == last
    else:
        fits_month = day_of_month in ("?", "*") or day.day in _values(day_of_month, 1, 31)
    weekday = day.isoweekday() % 7 + 1
    if nth := _NTH.fullmatch(day_of_week):
        return fits_month and weekday == _value(nth[1], 1, 7, _DAYS) and (day.day - 1) // 7 + 1 == int(nth[2])
    if day_of_week.endswith("L") and len(day_of_week) > 1:
        return fits_month and weekday == _value(day_of_week[:-1], 1, 7, _DAYS) and day.day + 7 > last
    return fits_month and (day_of_week in ("?", "*") or weekday in _values(day_of_week, 1, 7, _DAYS))


def _values(text: str, least: int, most: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        parts = _ITEM.fullmatch(item)
        if parts is None or (parts[1] == "*" and parts[2]):
            raise ValueError(f"invalid value {item}")
        low = least if parts[1] == "*" else _value(parts[1], least, most, names)
        high = _value(parts[2], least, most, names) if parts[2] else most if parts[1] == "*" or parts[3] else low
        if high < low:
            raise ValueError(f"invalid range {item}")
        found.update(range(low, high + 1, int(parts[3] or 1)))
    return frozenset(found)


def _value(word: str, least: int, most: int, names: tuple[str, ...] = ()) -> int:
    if word in names:
        return names.index(word) + least
    if not word.isdecimal() or not least <= int(word) <= most:
        raise ValueError(f"invalid value {word}")
    return int(word)
