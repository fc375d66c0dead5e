"""Cron expressions as rotation takes them: `cron(0 hours days months weekdays year)`, in UTC, on the hour.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Final

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ITEM = re.compile(r"(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:/([1-9]\d*))?")
_NTH = re.compile(r"([1-7]|[A-Z]{3})#([1-5])")
_LAST = re.compile(r"([1-7]|[A-Z]{3})?L")
DAYS_AHEAD_MAX: Final = 366 * 5


class CronError(ValueError):
    """A cron expression that does not parse; its words tell why."""


class Cron:
    """A parsed expression."""

    def __init__(self, text: str) -> None:
        fields = text.upper().split()
        if len(fields) != 6:
            raise CronError("A cron expression has six fields.")
        minute, hour, self._day, month, self._weekday, year = fields
        if minute != "0":
            raise CronError("The minutes must be 0, because rotation windows open on the hour.")
        if year != "*":
            raise CronError("The year must be *, because rotation schedules don't end.")
        if (self._day == "?") == (self._weekday == "?"):
            raise CronError("One of Day-of-month and Day-of-week must be ?, and only one.")
        self.hours = sorted(_values(hour, 0, 23))
        self._months = _values(month, 1, 12, _MONTHS)
        self._days = frozenset[int]() if self._day in ("?", "L") else _values(self._day, 1, 31)
        named = self._weekday == "?" or _NTH.fullmatch(self._weekday) or _LAST.fullmatch(self._weekday)
        self._weekdays = frozenset[int]() if named else _values(self._weekday, 1, 7, _DAYS)

    @property
    def is_by_hours(self) -> bool:
        """Whether it is due several times a day."""
        return len(self.hours) > 1

    def next_ms(self, after_ms: int) -> int | None:
        """When it is due next after a time."""
        day = datetime.fromtimestamp(after_ms // 1000, UTC).date()
        for _ in range(DAYS_AHEAD_MAX):
            if self._is_on(day):
                for hour in self.hours:
                    at_ms = int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp()) * 1000
                    if at_ms > after_ms:
                        return at_ms
            day += timedelta(days=1)
        return None

    def _is_on(self, day: date) -> bool:
        if day.month not in self._months:
            return False
        is_late = day.day + 7 > monthrange(day.year, day.month)[1]
        if self._weekday == "?":
            return day.day == monthrange(day.year, day.month)[1] if self._day == "L" else day.day in self._days
        weekday = day.isoweekday() % 7 + 1
        if nth := _NTH.fullmatch(self._weekday):
            return weekday == _value(nth[1], 1, 7, _DAYS) and (day.day - 1) // 7 + 1 == int(nth[2])
        if last := _LAST.fullmatch(self._weekday):
            return weekday == 7 if last[1] is None else is_late and weekday == _value(last[1], 1, 7, _DAYS)
        return weekday in self._weekdays


def _values(text: str, least: int, most: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        parts = _ITEM.fullmatch(item)
        if parts is None or (parts[1] == "*" and parts[2]):
            raise CronError(f"Invalid value: {item}")
        low = least if parts[1] == "*" else _value(parts[1], least, most, names)
        high = _value(parts[2], least, most, names) if parts[2] else most if parts[1] == "*" or parts[3] else low
        if high < low:
            raise CronError(f"Invalid range: {item}")
        found.update(range(low, high + 1, int(parts[3] or 1)))
    return frozenset(found)


def _value(word: str, least: int, most: int, names: tuple[str, ...] = ()) -> int:
    if word in names:
        return names.index(word) + least
    if not word.isdecimal() or not least <= int(word) <= most:
        raise CronError(f"Invalid value: {word}")
    return int(word)
