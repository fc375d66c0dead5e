"""Cron expressions of six fields, as Application Auto Scaling takes them, and when they are next due.

[Minutes] [Hours] [Day_of_Month] [Month] [Day_of_Week] [Year]: one of the two days is `?`; `L`, `W` and `#` name the
last day, the nearest weekday and the nth weekday of a month. Days of the week are 1-7 or SUN-SAT.
https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
YEARS: Final = (1970, 2199)
_ITEM = re.compile(r"(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:/(\d+))?")


class CronError(ValueError):
    """A cron expression that does not parse; its words tell why."""


class _Field(NamedTuple):
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()


_MINUTE, _HOUR = _Field("Minute", 0, 59), _Field("Hour", 0, 23)
_DAY, _MONTH = _Field("Day of month", 1, 31), _Field("Month", 1, 12, _MONTHS)
_WEEKDAY, _YEAR = _Field("Day of week", 1, 7, _DAYS), _Field("Year", *YEARS)


class Cron:
    """A parsed expression."""

    def __init__(self, text: str) -> None:
        fields = text.upper().split()
        if len(fields) != 6:
            raise CronError(f"a CRON expression has 6 fields, this one has {len(fields)}")
        minute, hour, self._day, month, self._weekday, year = fields
        if (self._day == "?") == (self._weekday == "?"):
            raise CronError("one of Day of month and Day of week must be '?', and only one")
        self.minutes = sorted(_values(_MINUTE, minute))
        self.hours = sorted(_values(_HOUR, hour))
        self._months = _values(_MONTH, month)
        self._years = _values(_YEAR, year)
        self._days = _plain(_DAY, self._day, r"L(W|-\d+)?|\d+W")
        self._weekdays = _plain(_WEEKDAY, self._weekday, r"L|\w+L|\w+#[1-5]")

    def local_times(self, after: datetime) -> Iterator[datetime]:
        """The local times, in order, that begin with the day of `after` and are later than it."""
        day = after.date()
        while day.year <= max(self._years, default=0):
            if day.year not in self._years:
                day = date(day.year + 1, 1, 1)
            elif day.month not in self._months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            else:
                if self._is_on(day):
                    for hour in self.hours:
                        for minute in self.minutes:
                            at = datetime(day.year, day.month, day.day, hour, minute)
                            if at > after:
                                yield at
                day += timedelta(days=1)

    def _is_on(self, day: date) -> bool:
        if self._weekday == "?":
            return day.day in self._days or (not self._days and day.day == _named_day(self._day, day))
        if self._weekdays:
            return _weekday(day) in self._weekdays
        return _is_named_weekday(self._weekday, day)


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _plain(field: _Field, text: str, special: str) -> frozenset[int]:
    """The values of a field of days, or none when it names a day in a way of its own."""
    if text == "?":
        return frozenset()
    if re.fullmatch(special, text) and text not in _DAYS:
        _check_special(field, text)
        return frozenset()
    return _values(field, text)


def _check_special(field: _Field, text: str) -> None:
    word = re.split(r"[#-]", text)[0].rstrip("LW")
    if word:
        _value(field, word)


def _named_day(text: str, day: date) -> int:
    """The day of the month that `L`, `L-3`, `LW` or `15W` is in the month of a day."""
    last = monthrange(day.year, day.month)[1]
    if text == "LW":
        return _nearest_weekday(day, last, last)
    if text.startswith("L"):
        return last - int(text[2:] or 0)
    return _nearest_weekday(day, int(text[:-1]), last)


def _nearest_weekday(month: date, number: int, last: int) -> int:
    """The weekday nearest to a day, in the same month."""
    number = min(number, last)
    weekday = month.replace(day=number).isoweekday()
    if weekday == 6:
        return number - 1 if number > 1 else number + 2
    if weekday == 7:
        return number + 1 if number < last else number - 2
    return number


def _is_named_weekday(text: str, day: date) -> bool:
    """Whether a day is `L`, `5L` or `3#2` (the second Tuesday)."""
    if text == "L":
        return _weekday(day) == 7
    if text.endswith("L"):
        is_last = day.day + 7 > monthrange(day.year, day.month)[1]
        return is_last and _weekday(day) == _value(_WEEKDAY, text[:-1])
    word, _, nth = text.partition("#")
    return _weekday(day) == _value(_WEEKDAY, word) and (day.day - 1) // 7 + 1 == int(nth)


def _values(field: _Field, text: str) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        parts = _ITEM.fullmatch(item)
        if parts is None:
            raise CronError(f"Invalid {field.name} value: '{item}'")
        first, last, step = parts.groups()
        if first == "*":
            if last:
                raise CronError(f"Invalid {field.name} value: '{item}'")
            low, high = field.least, field.most
        else:
            low = _value(field, first)
            high = _value(field, last) if last else field.most if step else low
        if step == "0" or (step and int(step) < 1):
            raise CronError(f"Invalid {field.name} value: '{item}'")
        if high < low:  # FRI-MON goes over the end
            found.update(range(low, field.most + 1), range(field.least, high + 1))
        else:
            found.update(range(low, high + 1, int(step or 1)))
    return frozenset(found)


def _value(field: _Field, word: str) -> int:
    if word in field.names:
        return field.names.index(word) + field.least
    if not word.isdecimal() or not field.least <= int(word) <= field.most:
        raise CronError(f"Invalid {field.name} value: '{word}'")
    return int(word)
