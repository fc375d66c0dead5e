"""Change calendars asked whether changes are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.ssm import refusals
from foulweather.services.ssm.documents import calendars, naming

Request = Mapping[str, Any]


def get_calendar_state(call: Call, request: Request) -> dict[str, Any]:
    """Whether changes are allowed: "OPEN only if all calendars in the request are open"."""
    found = [naming.calendar(call, name) for name in request["CalendarNames"]]
    if not found:
        raise refusals.invalid("CalendarNames must have at least one name.", CalendarNames=[])
    at_ms = _at_ms(call, request.get("AtTime"))
    is_open = all(calendars.is_open(each, at_ms) for each in found)
    answer = {"State": "OPEN" if is_open else "CLOSED", "AtTime": _text(at_ms)}
    # "If you specify two or more calendars in a request, the command doesn't return the next transition time."
    next_ms = calendars.next_transition_ms(found[0], at_ms) if len(found) == 1 else 0
    return answer | ({"NextTransitionTime": _text(next_ms)} if next_ms else {})


def _at_ms(call: Call, text: str | None) -> int:
    if not text:
        return call.now
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise refusals.invalid("AtTime isn't in ISO 8601 format.", AtTime=text) from None
    return int((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()) * 1000


def _text(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
