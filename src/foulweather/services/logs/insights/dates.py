"""The functions that read and print dates (CWL_QuerySyntax-datetime)."""

from __future__ import annotations

import datetime
import functools
import re
import zoneinfo
from typing import Any

from foulweather.services.logs.insights.values import number, text

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# The letters of Java's DateTimeFormatter that strptime knows too, the longest first.
_JAVA = (
    ("yyyy", "%Y"), ("uuuu", "%Y"), ("yy", "%y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("M", "%m"),
    ("dd", "%d"), ("d", "%d"), ("HH", "%H"), ("H", "%H"), ("hh", "%I"), ("h", "%I"), ("mm", "%M"), ("m", "%M"),
    ("ss", "%S"), ("s", "%S"), ("SSSSSS", "%f"), ("SSS", "%f"), ("a", "%p"), ("EEEE", "%A"), ("EEE", "%a"),
    ("XXX", "%z"), ("XX", "%z"), ("X", "%z"), ("Z", "%z"), ("DDD", "%j"),
)  # fmt: skip
_JAVA_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|%|[^A-Za-z'%]+")


@functools.lru_cache(maxsize=256)
def _strptime_format(java: str) -> str | None:
    """A DateTimeFormatter pattern for strptime, or None if it says what strptime cannot."""
    letters = dict(_JAVA)
    found: list[str] = []
    at = 0
    while at < len(java):
        match = _JAVA_TOKEN.match(java, at)
        if match is None:
            return None
        at = match.end()
        if match[1] is not None:
            found.append((match[1].replace("''", "'") or "'").replace("%", "%%"))
        elif match[2] is not None:
            if match[0] not in letters:
                return None
            found.append(letters[match[0]])
        else:
            found.append(match[0].replace("%", "%%"))
    return "".join(found)


@functools.lru_cache(maxsize=256)
def _zone(name: str) -> datetime.tzinfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _named_zone(name: Any) -> datetime.tzinfo | None:
    if name is None:
        return datetime.UTC
    found = text(name)
    if found in ("UTC", "GMT", "Z"):
        return datetime.UTC
    return None if found is None else _zone(found)


def parse_date(value: Any, pattern: Any, timezone: Any = None) -> int | None:
    """The epoch milliseconds that a text says in a pattern of Java's."""
    found, java, zone = text(value), text(pattern), _named_zone(timezone)
    form = None if java is None else _strptime_format(java)
    if found is None or form is None or zone is None:
        return None
    try:
        date = datetime.datetime.strptime(found, form)
        return ((date if date.tzinfo else date.replace(tzinfo=zone)) - _EPOCH) // datetime.timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def format_date(value: Any, pattern: Any, timezone: Any = None) -> str | None:
    """A timestamp in a pattern of strftime's."""
    found, form, zone = number(value), text(pattern), _named_zone(timezone)
    if found is None or form is None or zone is None:
        return None
    try:
        return (_EPOCH + datetime.timedelta(milliseconds=found)).astimezone(zone).strftime(form)
    except (ValueError, OverflowError):
        return None


def whole_ms(value: Any) -> int | None:
    """Milliseconds as the timestamp that they are."""
    found = number(value)
    return None if found is None else int(found)
