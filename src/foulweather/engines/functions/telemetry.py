"""The Telemetry API and the Logs API: what extensions want to hear, held until it is sent to them.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit

TELEMETRY, LOGS = "/2022-07-01/telemetry", "/2020-08-15/logs"
SCHEMAS = {TELEMETRY: ("2022-07-01", "2022-12-13", "2025-01-29"), LOGS: ("2020-08-15", "2021-03-18")}
TYPES = ("platform", "function", "extension")
ITEMS = {TELEMETRY: (1_000, 1_000, 10_000), LOGS: (10_000, 1_000, 10_000)}
BYTES = (262_144, 262_144, 1_048_576)
TIMEOUT_MS = (1_000, 25, 30_000)
"""Each by default, at least and at most."""
HOSTS = ("sandbox", "sandbox.localdomain")
OF_LOGS = {
    "start": ("requestId", "version"),
    "end": ("requestId",),
    "runtimeDone": ("requestId", "status"),
    "report": ("requestId", "metrics"),
    "extension": ("name", "state", "events"),
    "logsSubscription": ("name", "state", "types"),
}
"""What the Logs API tells of the platform, and of it which members."""
Event = tuple[str, str, Any]
"""Time, type, record."""


class BadSubscription(ValueError):
    """A subscription that is refused; the message says why."""


class Unsupported(Exception):
    """A destination that is not built."""


class Subscription:
    """One extension's: where its events go, which, and what is held until they do."""

    def __init__(self, api: str, body: Mapping[str, Any], due: Callable[[Subscription], None]) -> None:
        self.api = api
        self.schema = body.get("schemaVersion", "2020-08-15" if api == LOGS else "")
        if self.schema not in SCHEMAS[api]:
            raise BadSubscription(f"schemaVersion: {self.schema!r} is none of {', '.join(SCHEMAS[api])}")
        types: Any = body.get("types")
        if not isinstance(types, list) or not types or any(each not in TYPES for each in cast("list[Any]", types)):
            raise BadSubscription(f"types: each is one of {', '.join(TYPES)}")
        self.types = cast("list[str]", types)
        self.uri = _uri(body.get("destination"))
        buffering: Any = body.get("buffering") or {}
        if not isinstance(buffering, dict):
            raise BadSubscription("buffering is no object")
        buffering = cast("dict[str, Any]", buffering)
        self._items_max = _within(buffering, "maxItems", ITEMS[api])
        self._bytes_max = _within(buffering, "maxBytes", BYTES)
        self._timeout_ms = _within(buffering, "timeoutMs", TIMEOUT_MS)
        self._due = due
        self._held: list[str] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, event: Event) -> None:
        """Hold an event, if it is of a type that is wanted."""
        shown = self._shown(event)
        if shown is None:
            return
        self._held.append(shown)
        self._bytes += len(shown)
        if len(self._held) >= self._items_max or self._bytes >= self._bytes_max:
            self._due(self)
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._timeout_ms / 1000, self._due, self)

    def taken(self) -> str:
        """All that is held, as the array that is sent; empty when nothing is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, self._held, self._bytes = self._held, [], 0
        return f"[{','.join(held)}]" if held else ""

    def _shown(self, event: Event) -> str | None:
        time, kind, record = event
        group, _, name = kind.partition(".")
        if group not in self.types:
            return None
        if self.api == TELEMETRY:
            if name in ("end", "logsSubscription"):
                return None
        elif group == "platform":
            if name == "telemetrySubscription":
                kind, name = "platform.logsSubscription", "logsSubscription"
            members = OF_LOGS.get(name)
            if members is None or (name == "runtimeDone" and self.schema == "2020-08-15"):
                return None
            record = {member: record[member] for member in members if member in record}
        elif not isinstance(record, str):
            record = json.dumps(record)
        return json.dumps({"time": time, "type": kind, "record": record})


class Telemetry:
    """What one environment tells its extensions; a process within it (`foulweather_inside.zygote`) carries it there."""

    def __init__(self, now_ms: Callable[[], int], *, is_json: bool = False) -> None:
        self._now_ms = now_ms
        self._is_json = is_json
        self._subscriptions: dict[str, Subscription] = {}
        self._past: list[Event] | None = []
        self._ready: deque[tuple[str, str]] = deque()
        self._asking: asyncio.Future[None] | None = None
        self.is_delivering = False
        self.heard: Callable[[str, dict[str, Any]], None] = lambda name, record: None
        """Called with what extensions do: that one is ready, that one has subscribed."""

    def subscribe(self, api: str, identifier: str, name: str, body: Mapping[str, Any]) -> None:
        """Tell an extension what happens, and what has happened while the environment initializes."""
        if self._past is None:
            raise BadSubscription("An extension can subscribe only while the environment initializes.")
        held = self._subscriptions.get(identifier)
        if held is not None and held.api != api:
            raise BadSubscription("The extension has subscribed with the other API already.")
        made = Subscription(api, body, self._due)
        self._subscriptions[identifier] = made
        if held is None:
            for event in self._past:
                made.add(event)
            record = {"name": name, "state": "Subscribed", "types": made.types}
            self.platform("telemetrySubscription", record)
            self.heard("telemetrySubscription" if api == TELEMETRY else "logsSubscription", record)

    def platform(self, name: str, record: dict[str, Any]) -> None:
        """Something that Lambda itself tells."""
        self._add((self._time(), f"platform.{name}", record))

    def line(self, kind: str, text: str) -> None:
        """A line that the function or an extension has printed; of a function that logs JSON, the object."""
        record: Any = text
        if self._is_json and text.startswith("{"):
            try:
                record = json.loads(text)
            except ValueError:
                record = text
        self._add((self._time(), kind, record))

    def initialized(self) -> None:
        """The environment has initialized: nobody can subscribe any more."""
        self._past = None

    def flush(self) -> None:
        """Have all that is held sent now."""
        for subscription in self._subscriptions.values():
            self._due(subscription)

    async def next(self) -> tuple[str, str]:
        """Where the next events go, and the events."""
        self.is_delivering = False
        while not self._ready:
            self._asking = asyncio.get_running_loop().create_future()
            await self._asking
        self.is_delivering = True
        return self._ready.popleft()

    def _add(self, event: Event) -> None:
        if self._past is not None:
            self._past.append(event)
        for subscription in self._subscriptions.values():
            subscription.add(event)

    def _due(self, subscription: Subscription) -> None:
        events = subscription.taken()
        if events:
            self._ready.append((subscription.uri, events))
            if self._asking is not None and not self._asking.done():
                self._asking.set_result(None)

    def _time(self) -> str:
        at = datetime.fromtimestamp(self._now_ms() / 1000, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _uri(destination: Any) -> str:
    told = cast("dict[str, Any]", destination) if isinstance(destination, dict) else {}
    protocol = str(told.get("protocol") or "").upper()
    if protocol == "TCP":
        raise Unsupported("destination.protocol=TCP")
    uri = told.get("URI")
    if protocol != "HTTP" or not isinstance(uri, str):
        raise BadSubscription("destination: a protocol (HTTP) and a URI are required")
    parts = urlsplit(uri)
    if parts.scheme != "http" or parts.hostname not in HOSTS or not parts.port:
        raise BadSubscription("destination: the URI is http://sandbox.localdomain:PORT")
    return uri


def _within(given: Mapping[str, Any], name: str, bounds: tuple[int, int, int]) -> int:
    usual, least, most = bounds
    value = given.get(name, usual)
    if not isinstance(value, int) or not least <= value <= most:
        raise BadSubscription(f"buffering.{name}: {value!r} is not between {least} and {most}")
    return value
