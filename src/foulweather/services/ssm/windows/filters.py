"""Filters of listings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.services.ssm import refusals


def passes_time(given: Mapping[str, Any], before: str, after: str) -> Callable[[int], bool]:
    """What a filter by time asks of a time."""
    at_ms = when_ms(given.get("Values") or ())
    match given.get("Key"):
        case key if key == before:
            return lambda each: each < at_ms
        case key if key == after:
            return lambda each: each > at_ms
        case other:
            raise invalid_key(other)


def when_ms(values: Iterable[str]) -> int:
    """The time that a filter names."""
    text = next(iter(values), "")
    try:
        return int(datetime.fromisoformat(text).timestamp()) * 1000
    except ValueError:
        raise refusals.invalid(f"The filter value isn't a valid time: {text}.", Values=text) from None


def invalid_key(key: str | None) -> AwsError:
    """A filter that there is not."""
    return refusals.invalid(f"Invalid filter key: {key}.", Key=key)
