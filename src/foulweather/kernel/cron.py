"""Schedule expressions as several services take them: `cron(...)` of six fields, `rate(...)`, and `at(...)`.

[Minutes] [Hours] [Day_of_Month] [Month] [Day_of_Week] [Year]: one of the two days is `?`; `L`, `W` and `#` name the
last day, the nearest weekday and the nth weekday of a month. Days of the week are 1-7 or SUN-SAT.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
YEARS: Final = (1970, 2199)
_ITEM = re.compile(r"(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:/(\d+))?")
_RATE = re.compile(r"rate\( *(\d+) +(minute|hour|day)(s?) *\)")
_AT = re.compile(r"at\( *(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d) *\)")
_CRON = re.compile(r"cron\((.*)\)")
_UNIT_MS: Final = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


class CronError(ValueError):
    """An expression that does not parse; its words tell why."""


class Rate(NamedTuple):
    """`rate(5 minutes)`."""

    step_ms: int


class At(NamedTuple):
    """`at(2026-01-01T12:00:00)`, in a time zone that is given when it is asked for."""

    when: datetime


class _Field(NamedTuple):
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()


_MINUTE, _HOUR = _Field("Minute", 0, 59), _Field("Hour", 0, 23)
_DAY, _MONTH = _Field("Day of month", 1, 31), _Field("Month", 1, 12, _MONTHS)
_WEEKDAY, _YEAR = _Field("Day of week", 1, 7, _DAYS), _Field("Year", *YEARS)


class Cron:
    """A parsed cron expression."""

    def __init__(self, text: str) -> None:
        fields = text.upper().split()
        if len(fields) != 6:
            raise CronError(f"a CRON expression has 6 fields, this one has {len(fields)}")
        minute, hour, self._day, month, self._weekday, year = fields
        if (self._day == "?") == (self._weekday == "?"):
            raise CronError("one of Day of month and Day of week must be '?', and only one")
        self._minutes = sorted(_values(_MINUTE, minute))
        self.hours = sorted(_values(_HOUR, hour))
        self._months = _values(_MONTH, month)
        self._years = _values(_YEAR, year)
        self._days = _plain(_DAY, self._day, r"L(W|-\d+)?|\d+W")
        self._weekdays = _plain(_WEEKDAY, self._weekday, r"L|\w+L|\w+#[1-5]")

    def next_ms(self, after_ms: int, zone: tzinfo = UTC) -> int | None:
        """When it is due next after a time; a local time that a change of the clocks leaves out does not come."""
        local = datetime.fromtimestamp(after_ms // 1000, zone).replace(tzinfo=None, fold=0)
        for wanted in self._local_times(local - timedelta(hours=1)):
            at = wanted.replace(tzinfo=zone)
            if at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wanted:
                continue
            when_ms = int(at.timestamp()) * 1000
            if when_ms > after_ms:
                return when_ms
        return None

    def _local_times(self, after: datetime) -> Iterator[datetime]:
        day = after.date()
        while day.year <= max(self._years, default=0):
            if day.year not in self._years:
                day = date(day.year + 1, 1, 1)
            elif day.month not in self._months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            else:
                if self._is_on(day):
                    for hour in self.hours:
                        for minute in self._minutes:
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


Expression = Cron | Rate | At


def read(text: str) -> Expression:
    """A schedule expression of any kind, or CronError."""
    if found := _CRON.fullmatch(text):
        return Cron(found[1])
    if found := _RATE.fullmatch(text):
        count = int(found[1])
        # "if the value is equal to 1, then the unit must be singular"; otherwise plural.
        if count < 1 or (count == 1) != (not found[3]):
            raise CronError("a rate is a positive number of minutes, hours or days; the unit of 1 is singular")
        return Rate(count * _UNIT_MS[found[2]])
    if found := _AT.fullmatch(text):
        try:
            return At(datetime.fromisoformat(found[1]))
        except ValueError as error:
            raise CronError(str(error)) from None
    raise CronError("neither cron(...), rate(...) nor at(...)")


def next_ms(expression: Expression, after_ms: int, *, begins_ms: int, zone: tzinfo = UTC) -> int | None:
    """When an expression is due next after a time, or None when it is over; a rate counts from when it begins."""
    if isinstance(expression, Rate):
        return begins_ms + (max(0, after_ms - begins_ms) // expression.step_ms + 1) * expression.step_ms
    if isinstance(expression, At):
        when_ms = at_ms(expression, zone)
        return when_ms if when_ms > after_ms else None
    return expression.next_ms(after_ms, zone)


def at_ms(expression: At, zone: tzinfo) -> int:
    """The one time of `at(...)`."""
    return int(expression.when.replace(tzinfo=zone).timestamp()) * 1000


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
        if step is not None and int(step) < 1:
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
