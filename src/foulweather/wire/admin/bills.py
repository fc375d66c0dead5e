"""What a world's use costs so far."""

from __future__ import annotations

from foulweather.meter.bill import Bill, bill
from foulweather.meter.meter import Meter
from foulweather.wire.admin.asking import Asked, Endpoint, Refused
from foulweather.wire.admin.times import parse_duration, parse_time

BY = ("usage", "service", "resource")


def told(asked: Asked) -> Bill:
    """The bill since a time (or for a duration until now), from whole days in UTC."""
    world = asked.hosted.world
    now_ms = world.clock.now_ms
    by = asked.query.get("by") or "usage"
    if by not in BY:
        raise Refused(400, "BadQuery", f"by must be {', '.join(BY)}, not {by!r}.")
    return bill(Meter.of(world).usage, now_ms, _since(asked.query.get("since", ""), now_ms), by)


def _since(text: str, now_ms: int) -> int:
    if not text:
        return 0
    try:
        return max(0, now_ms - parse_duration(text))
    except ValueError:
        pass
    try:
        return parse_time(text)
    except ValueError:
        raise Refused(
            400, "BadQuery", f"{text!r} is neither a duration (30d) nor a time (2026-01-31T12:00:00Z)."
        ) from None


ENDPOINTS = (
    Endpoint(
        "GET",
        "bill",
        told,
        "What was used, in money, since a time or for a duration; by usage, service or resource",
        Bill,
        query=("world", "since", "by"),
    ),
)
