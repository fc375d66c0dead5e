"""Times in S3 Select: text in ISO 8601, as precise as they were written.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-date.html
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple

from foulweather.services.s3.select_refusals import refused

_TIME = re.compile(
    r"(\d{4})(?:T|-(\d\d)(?:T|-(\d\d)(?:T(?:(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?)?"
)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_PATTERN = re.compile(r"'[^']*'|y+|M+|d+|a|h+|H+|m+|s+|S+|n|X+|x+|[^A-Za-z']|.")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = {"DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}


class Time(NamedTuple):
    """A time, and how much of it was written: 1 the year … 5 the minute, 6 the second, 7 with a fraction."""

    moment: datetime
    precision: int
    fraction: str = ""


def read(value: object) -> Time:
    """The time that a text means."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise refused("CastFailed", "timestamp", value)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    precision = 1 + sum(part is not None for part in (month, day, hour and minute, second, fraction))
    precision += hour is not None  # hours come with their minutes
    try:
        moment = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=_zone(zone),
        )
    except ValueError as error:
        raise refused("CastFailed", "timestamp", value) from error
    return Time(moment, precision, fraction or "")


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))


def written(time: Time) -> str:
    """A time as results have it."""
    moment = time.moment
    if time.precision == 1:
        return f"{moment.year:04}T"
    if time.precision == 2:
        return f"{moment.year:04}-{moment.month:02}T"
    date = f"{moment.year:04}-{moment.month:02}-{moment.day:02}T"
    if time.precision == 3:
        return date
    text = f"{date}{moment.hour:02}:{moment.minute:02}"
    if time.precision >= 6:
        text += f":{moment.second:02}"
    if time.precision >= 7:
        text += f".{time.fraction}"
    return text + _offset(moment, ":", "Z")


def _offset(moment: datetime, colon: str, zero: str) -> str:
    """An offset from UTC, which may be written in another way where there is none."""
    minutes = _offset_minutes(moment)
    if not minutes and zero:
        return zero
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"


def _offset_minutes(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return round(offset.total_seconds()) // 60


def now(at_ms: int) -> str:
    """The world's time, to the millisecond."""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return written(Time(moment, 7, f"{at_ms % 1000:03}"))


def key(value: object) -> int | None:
    """What orders times: microseconds."""
    return None if value is None else (read(value).moment - _EPOCH) // timedelta(microseconds=1)


def part(name: str, value: object) -> int | None:
    """One part of a time."""
    if value is None:
        return None
    moment = read(value).moment
    if name.startswith("TIMEZONE_"):
        minutes = _offset_minutes(moment)
        whole = abs(minutes) // 60 if name == "TIMEZONE_HOUR" else abs(minutes) % 60
        return -whole if minutes < 0 else whole
    return int(getattr(moment, name.lower()))


def after(name: str, quantity: object, value: object) -> str | None:
    """A time so much later (or earlier)."""
    if value is None or quantity is None:
        return None
    if isinstance(quantity, str):
        quantity = int(quantity) if re.fullmatch(r"[+-]?\d{1,12}", quantity) else None
    if not isinstance(quantity, int):
        raise refused("IncorrectSqlFunctionArgumentType", "DATE_ADD", quantity)
    time = read(value)
    precision = max(
        time.precision, ("YEAR", "MONTH", "DAY", "", "MINUTE", "SECOND").index(name) + 1 if name != "HOUR" else 5
    )
    try:
        return written(time._replace(moment=_moved(time.moment, name, quantity), precision=precision))
    except (OverflowError, ValueError) as error:
        raise refused("IllegalSqlFunctionArgument", "DATE_ADD", quantity) from error


def _moved(moment: datetime, name: str, quantity: int) -> datetime:
    if name in _SECONDS:
        return moment + timedelta(seconds=_SECONDS[name] * quantity)
    months = moment.year * 12 + moment.month - 1 + quantity * (12 if name == "YEAR" else 1)
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def between(name: str, first: object, second: object) -> int | None:
    """How many whole years, months … lie between two times."""
    if first is None or second is None:
        return None
    start, end = read(first).moment, read(second).moment
    if name in _SECONDS:
        return int((end - start).total_seconds() / _SECONDS[name])
    sign = 1 if end >= start else -1
    if sign < 0:
        start, end = end, start
    months = (end.year - start.year) * 12 + end.month - start.month
    if _moved(start, "MONTH", months) > end:
        months -= 1
    return sign * (months // 12 if name == "YEAR" else months)


def told(value: object, pattern: object) -> str | None:
    """A time by a pattern such as `MMMM d, y`."""
    if value is None or pattern is None:
        return None
    if not isinstance(pattern, str):
        raise refused("EvaluatorInvalidTimestampFormatPattern", "TO_STRING", pattern)
    time = read(value)
    return "".join([_piece(time, piece, pattern) for piece in _PATTERN.findall(pattern)])


def _piece(time: Time, piece: str, pattern: str) -> str:
    moment, count = time.moment, len(piece)
    hour = moment.hour % 12 or 12
    month = _MONTHS[moment.month - 1]
    offset, colons = _offset(moment, "", ""), _offset(moment, ":", "")
    simple = {
        "y": str(moment.year),
        "yy": f"{moment.year % 100:02}",
        "yyy": str(moment.year),
        "yyyy": f"{moment.year:04}",
        "M": str(moment.month),
        "MM": f"{moment.month:02}",
        "MMM": month[:3],
        "MMMM": month,
        "MMMMM": month[:1],
        "d": str(moment.day),
        "dd": f"{moment.day:02}",
        "a": "AM" if moment.hour < 12 else "PM",
        "h": str(hour),
        "hh": f"{hour:02}",
        "H": str(moment.hour),
        "HH": f"{moment.hour:02}",
        "m": str(moment.minute),
        "mm": f"{moment.minute:02}",
        "s": str(moment.second),
        "ss": f"{moment.second:02}",
        "n": str(moment.microsecond * 1000),
    }
    if piece in simple:
        return simple[piece]
    if piece[0] in "Xx" and count <= 5:
        text = {1: _short(offset), 3: colons, 5: colons}.get(count, offset)
        return "Z" if piece[0] == "X" and not _offset_minutes(moment) else text
    if piece[0] == "S":
        return time.fraction.ljust(count, "0")[:count]
    if piece[0] == "'":
        if count == 1:
            raise refused("EvaluatorInvalidTimestampFormatPattern", "TO_STRING", pattern)
        return piece[1:-1]
    if piece.isalpha():
        raise refused("EvaluatorInvalidTimestampFormatPattern", "TO_STRING", pattern)
    return piece


def _short(offset: str) -> str:
    return offset.removesuffix("00") if len(offset) == 5 else offset
