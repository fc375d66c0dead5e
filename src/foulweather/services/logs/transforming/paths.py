"""Fields of an event by path: `outer.inner`, three keys deep at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

Event = dict[str, Any]
DEPTH_MAX: Final = 3


class _Missing:
    """What a path finds where there is nothing: null is a value."""


MISSING: Final[Any] = _Missing()


def find(event: Event, path: str) -> Any:
    """What is at a path; MISSING where there is nothing."""
    value: Any = event
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = cast("Event", value)[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(part)]
        else:
            return MISSING
    return value


def put(event: Event, path: str, value: Any, *, overwrites: bool = True) -> None:
    """Put a value at a path; objects are made on the way, what is something else stays as it is."""
    *above, last = path.split(".")
    place = event
    for part in above:
        inner: Any = place.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        place = cast("Event", inner)
    if overwrites or last not in place:
        place[last] = value


def remove(event: Event, path: str) -> None:
    """Take away what is at a path."""
    above, _, last = path.rpartition(".")
    place: Any = find(event, above) if above else event
    if isinstance(place, dict):
        cast("Event", place).pop(last, None)


def change(event: Event, path: str, changed: Callable[[str], Any]) -> None:
    """Change a text at a path; what is no text stays as it is."""
    value = find(event, path)
    if isinstance(value, str):
        put(event, path, changed(value))


def under(event: Event, destination: str | None) -> Event | None:
    """The object at a path, made where there is none; the event itself without a path, None for what is no object."""
    if not destination:
        return event
    if find(event, destination) is MISSING:
        put(event, destination, {})
    found = find(event, destination)
    return cast("Event", found) if isinstance(found, dict) else None
