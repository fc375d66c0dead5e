"""Log events and short ways to query them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from foulweather.services.logs.insights.language import Query, compiled
from foulweather.services.logs.insights.records import Outcome, Record

START_MS = 1_709_290_800_000  # 2024-03-01 11:00:00 UTC
END_MS = START_MS + 3_600_000


def event(message: str | dict[str, Any], second: int = 0, group: str = "/app", stream: str = "s") -> Record:
    text = message if isinstance(message, str) else json.dumps(message)
    at_ms = START_MS + second * 1000
    return Record(group, stream, "111122223333", at_ms, at_ms + 250, text, f"ptr-{second}")


def events(messages: Iterable[str | dict[str, Any]]) -> list[Record]:
    """A second apart, the first first."""
    return [event(message, second) for second, message in enumerate(messages)]


def outcome(query: str | Query, records: Iterable[str | dict[str, Any] | Record], **more: Any) -> Outcome:
    known = list(records)
    loose = events(record for record in known if not isinstance(record, Record))
    records = loose or [record for record in known if isinstance(record, Record)]
    return (compiled(query) if isinstance(query, str) else query).run(records, START_MS, END_MS, **more)


def rows(query: str, records: Iterable[str | dict[str, Any] | Record], **more: Any) -> list[dict[str, str]]:
    """The rows without their @ptr."""
    found = [dict(row) for row in outcome(query, records, **more).rows]
    for row in found:
        row.pop("@ptr", None)
    return found


def value(expression: str, record: str | dict[str, Any] = "") -> str | None:
    """What one expression gives for one event."""
    found = rows(f"fields {expression} as answer | display answer", [record])
    return found[0].get("answer")
