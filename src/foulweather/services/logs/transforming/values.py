"""The processors that make values of another type, or times of another form.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Datatype.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from foulweather.services.logs.transforming.datetimes import Format, zone
from foulweather.services.logs.transforming.parsers import Config, Step
from foulweather.services.logs.transforming.paths import MISSING, Event, find, put


def type_converter(config: Config) -> Step:
    """Makes values of another type; what cannot be made one stays as it is."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for entry in config["entries"]:
            value = find(event, entry["key"])
            if value is MISSING or isinstance(value, dict | list) or value is None:
                continue
            made = _made(value, entry["type"])
            if made is not None:
                put(event, entry["key"], made)

    return step


def _made(value: Any, kind: str) -> Any:
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind == "boolean":
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value.strip().lower())
        return bool(value)
    try:
        number = float(value)
        if not math.isfinite(number):
            return None
        return number if kind == "double" else _whole(value, number)
    except (ValueError, OverflowError):
        return None


def _whole(value: Any, number: float) -> int:
    """A whole number: of a text of digits, each of them."""
    return int(value) if isinstance(value, str) and value.strip().lstrip("+-").isdigit() else int(number)


def date_time_converter(config: Config) -> Step:
    """Writes a time anew; one that no pattern fits stays as it is."""
    locale = config.get("locale")
    read_as = [Format(pattern, locale) for pattern in config["matchPatterns"]]
    written_as = Format(config.get("targetFormat") or "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", locale)
    source_zone = zone(config.get("sourceTimezone") or "UTC")
    target_zone = zone(config.get("targetTimezone") or "UTC")

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        value = find(event, config["source"])
        if not isinstance(value, str | int) or isinstance(value, bool):
            return
        for form in read_as:
            at = form.read(str(value), source_zone)
            if at is not None:
                put(event, config["target"], written_as.written(at.astimezone(UTC).astimezone(target_zone)))
                return

    return step
