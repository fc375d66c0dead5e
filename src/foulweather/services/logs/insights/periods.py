"""Spans of time, and the timestamps that they round down to."""

from __future__ import annotations

import datetime
from collections.abc import Callable

_UTC = datetime.UTC
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=_UTC)
_WEEK_MS = 7 * 86_400_000
_MONDAY_MS = 4 * 86_400_000  # 5 January 1970, the first Monday after the epoch


class PeriodError(ValueError):
    """A unit of time that the language does not have."""


# CWL_QuerySyntax-Stats: the units of `bin`; what has more than one character may be written in the plural.
_UNITS: dict[str, str] = {}
for _unit, _names in {
    "ms": ("millisecond", "ms", "msec"),
    "s": ("second", "s", "sec"),
    "m": ("minute", "m", "min"),
    "h": ("hour", "h", "hr"),
    "d": ("day", "d"),
    "w": ("week", "w"),
    "mo": ("month", "mo", "mon"),
    "q": ("quarter", "q", "qtr"),
    "y": ("year", "y", "yr"),
}.items():
    for _name in _names:
        _UNITS[_name] = _unit
        if len(_name) > 1:
            _UNITS[f"{_name}s"] = _unit

_LENGTH_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": _WEEK_MS}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
# CWL_QuerySyntax-datetime: "CloudWatch Logs caps your request according to the time unit that you choose", so
# bin(300s) bins by 60 seconds.
_CAPS = {"ms": 1000, "s": 60, "m": 60, "h": 24}


def period_ms(amount: int, unit: str) -> int:
    """How long a span of a fixed length is; a month counts 30 days."""
    known = _UNITS.get(unit)
    if known is None:
        raise PeriodError(unit)
    return amount * _LENGTH_MS[known] if known in _LENGTH_MS else amount * _MONTHS[known] * 30 * 86_400_000


def bin_width_ms(amount: int, unit: str) -> int | None:
    """The width of `bin(amount unit)` with AWS's cap, or None where the calendar decides."""
    known = _UNITS.get(unit)
    if known is None or amount < 1:
        raise PeriodError(unit)
    return None if known not in _LENGTH_MS else min(amount, _CAPS.get(known, amount)) * _LENGTH_MS[known]


def floor_of(amount: int, unit: str) -> Callable[[int], int]:
    """What `datefloor` does with a timestamp."""
    width_ms = bin_width_ms(amount, unit)
    if width_ms is None:
        months = amount * _MONTHS[_UNITS[unit]]
        return lambda timestamp_ms: _month_floor_ms(timestamp_ms, months)
    if _UNITS[unit] == "w":
        return lambda timestamp_ms: (timestamp_ms - _MONDAY_MS) // width_ms * width_ms + _MONDAY_MS
    return lambda timestamp_ms: timestamp_ms // width_ms * width_ms


def ceiling_of(amount: int, unit: str) -> Callable[[int], int]:
    """What `dateceil` does with a timestamp."""
    floor, width_ms = floor_of(amount, unit), bin_width_ms(amount, unit)
    if width_ms is not None:
        return lambda timestamp_ms: floor(timestamp_ms + width_ms - 1)
    months = amount * _MONTHS[_UNITS[unit]]

    def ceiling(timestamp_ms: int) -> int:
        floored = floor(timestamp_ms)
        return floored if floored == timestamp_ms else _month_floor_ms(timestamp_ms, months, above=True)

    return ceiling


def _month_floor_ms(timestamp_ms: int, months: int, above: bool = False) -> int:
    try:
        date = _EPOCH + datetime.timedelta(milliseconds=timestamp_ms)
        index = (date.year * 12 + date.month - 1) // months * months + (months if above else 0)
        floored = datetime.datetime(max(index // 12, 1), index % 12 + 1, 1, tzinfo=_UTC)
    except (OverflowError, ValueError):
        return timestamp_ms
    return (floored - _EPOCH) // datetime.timedelta(milliseconds=1)


def timestamp_text(found: float) -> str:
    """A timestamp as results show it: `2024-05-06 07:08:09.123`, in UTC."""
    timestamp_ms = int(found)
    try:
        date = _EPOCH + datetime.timedelta(milliseconds=timestamp_ms)
    except OverflowError:
        return str(timestamp_ms)
    return f"{date:%Y-%m-%d %H:%M:%S}.{timestamp_ms % 1000:03d}" if date.year > 999 else str(timestamp_ms)
