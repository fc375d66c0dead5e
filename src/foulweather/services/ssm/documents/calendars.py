"""Change calendars: iCalendar texts that say when changes are allowed.

https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-change-calendar.html and RFC 5545
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm.refusals import invalid_document

TYPES: Final = ("DEFAULT_OPEN", "DEFAULT_CLOSED")
_LINE: Final = re.compile(r"([A-Za-z0-9-]+)((?:;[^:;=]+=(?:\"[^\"]*\"|[^:;]*))*):(.*)", re.DOTALL)
_FOLD: Final = re.compile(r"\r?\n[ \t]")
# What makes an event happen again, or last for a time instead of until one.
_UNBUILT: Final = ("DURATION", "EXDATE", "RDATE", "RRULE")


def parsed(text: str) -> Mapping[str, Any]:
    """A calendar's text as an object: its type, and its events as pairs of times."""
    lines = [_LINE.fullmatch(line) for line in _FOLD.sub("", text.strip()).splitlines() if line.strip()]
    found = [(line[1].upper(), line[2], line[3].strip()) for line in lines if line is not None]
    if len(found) < len(lines) or not found or found[0][::2] != ("BEGIN", "VCALENDAR"):
        raise invalid_document("The calendar is not well-formed: it is no iCalendar.")
    if found[-1][::2] != ("END", "VCALENDAR"):
        raise invalid_document("The calendar is not well-formed: it has no END:VCALENDAR.")
    kinds = [value for name, _, value in found if name == "X-CALENDAR-TYPE"]
    if len(kinds) != 1 or kinds[0] not in TYPES:
        raise invalid_document(f"X-CALENDAR-TYPE must be one of {', '.join(TYPES)}: {kinds}.")
    events: list[list[int]] = []
    event: dict[str, int] | None = None
    for name, options, value in found:
        if name in ("BEGIN", "END") and value == "VEVENT":
            if event is not None:
                events.append(_times(event))
            event = {} if name == "BEGIN" else None
        elif event is not None and name in _UNBUILT:
            raise not_implemented("ssm", f"CreateDocument (events of a calendar with {name})")
        elif event is not None and name in ("DTSTART", "DTEND"):
            event[name] = _time_ms(options, value)
    return {"type": kinds[0], "events": events}


def is_open(calendar: Mapping[str, Any], at_ms: int) -> bool:
    """Whether changes are allowed at a time: within events if it is closed by default, else outside of them."""
    is_within = any(start_ms <= at_ms < end_ms for start_ms, end_ms in calendar["events"])
    return is_within == (calendar["type"] == "DEFAULT_CLOSED")


def next_transition_ms(calendar: Mapping[str, Any], at_ms: int) -> int:
    """When a calendar opens or closes next after a time, or 0."""
    now = is_open(calendar, at_ms)
    later = sorted(each for event in calendar["events"] for each in event if each > at_ms)
    return next((each for each in later if is_open(calendar, each) != now), 0)


def _times(event: Mapping[str, int]) -> list[int]:
    if "DTSTART" not in event or "DTEND" not in event or event["DTEND"] <= event["DTSTART"]:
        raise invalid_document("An event of the calendar needs a DTSTART, and a DTEND after it.")
    return [event["DTSTART"], event["DTEND"]]


def _time_ms(options: str, value: str) -> int:
    place: tzinfo = UTC
    for option in options.split(";")[1:]:
        name, _, given = option.partition("=")
        if name.upper() == "TZID":
            try:
                place = ZoneInfo(given.strip('"'))
            except (ValueError, KeyError, OSError):
                raise invalid_document(f"The calendar has an unknown time zone: {given}.") from None
    try:
        at = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S" if "T" in value else "%Y%m%d")
    except ValueError:
        raise invalid_document(f"The calendar has an invalid time: {value}.") from None
    return int(at.replace(tzinfo=UTC if value.endswith("Z") else place).timestamp()) * 1000
