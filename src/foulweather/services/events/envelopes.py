"""Events as they travel: the envelope around a detail, as text for targets and as a document for patterns.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from foulweather.kernel.event_documents import parsed
from foulweather.kernel.input_templates import dumps

_ORDER = ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")


def iso(ms: int) -> str:
    """A time as events write it: to the second."""
    return _iso(ms // 1000)


@lru_cache(maxsize=64)
def _iso(s: int) -> str:
    return datetime.fromtimestamp(s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Envelope:
    """One event; `crossed` says that it came from another account's bus, `trace_header` goes with it to its targets."""

    __slots__ = ("_document", "_text", "crossed", "detail", "facts", "trace_header")

    def __init__(self, facts: dict[str, Any], detail: str, *, crossed: bool = False) -> None:
        self.facts = facts
        self.detail = detail
        self.crossed = crossed
        self.trace_header = ""
        self._document: dict[str, Any] | None = None
        self._text = ""

    @classmethod
    def of(cls, text: str, *, crossed: bool = False) -> Envelope:
        """An event again, out of its text."""
        facts: dict[str, Any] = json.loads(text)
        detail = dumps(facts.pop("detail", {}))
        return cls(facts, detail, crossed=crossed)

    @property
    def id(self) -> str:
        """The event's id."""
        return self.facts["id"]

    @property
    def time_ms(self) -> int:
        """When the event happened."""
        return int(datetime.fromisoformat(self.facts["time"]).timestamp()) * 1000

    @property
    def document(self) -> dict[str, Any]:
        """The event as patterns see it: numbers are what is written."""
        if self._document is None:
            self._document = {**self.facts, "detail": parsed(self.detail)}
        return self._document

    @document.setter
    def document(self, document: dict[str, Any]) -> None:
        self._document = document

    @property
    def text(self) -> str:
        """The event as targets get it."""
        if not self._text:
            self._text = dumps({**self.facts, "detail": json.loads(self.detail)})
        return self._text


def detail_of(text: str) -> dict[str, Any] | None:
    """A detail as patterns see it; None where it is no object."""
    try:
        found = parsed(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def made(
    *,
    id: str,
    detail_type: str,
    source: str,
    account: str,
    time_ms: int,
    region: str,
    resources: list[str],
    detail: str,
    document: dict[str, Any] | None = None,
) -> Envelope:
    """A new event; `document` is its detail as patterns see it, where that is known already."""
    facts = {
        "version": "0",
        "id": id,
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": iso(time_ms),
        "region": region,
        "resources": resources,
    }
    event = Envelope(facts, detail)
    if document is not None:
        event.document = {**facts, "detail": document}
    return event


def replayed(text: str, name: str) -> Envelope:
    """An archived event again, with the name of its replay."""
    event = Envelope.of(text)
    event.facts["replay-name"] = name
    return event
