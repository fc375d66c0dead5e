"""Facts with a time, appended and never edited; trails, metrics and bills are its readers."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

HELD_EVENTS_MAX = 100_000
KEPT_PER_RESOURCE_MAX = 200


class Event(msgspec.Struct, frozen=True, gc=False):
    """One fact: what happened (`sqs.MessageSent`), when, where, to which resource, by whom.

    A `kept` event (a change somebody made) survives a restart; the others are held while they last.
    Facts are JSON values, so no event is part of a cycle: the garbage collector need not look at them.
    """

    seq: int
    at_ms: int
    kind: str
    account: str
    region: str
    resource: str
    principal: str
    request_id: str
    facts: dict[str, Any]
    kept: bool = False


Reader = Callable[[Event], None]


class Unsaved(Protocol):
    """Where kept events wait for the next commit: the store."""

    unsaved_events: list[Event]

    def ask(self) -> None:
        """Ask for a commit."""


class Journal:
    """The world's memory of what happened; the latest events are held, changes are kept for good."""

    def __init__(self, unsaved: Unsaved, *, saves: bool) -> None:
        self._unsaved = unsaved
        self._saves = saves
        self._events: deque[Event] = deque(maxlen=HELD_EVENTS_MAX)
        self._changes: defaultdict[str, deque[Event]] = defaultdict(lambda: deque(maxlen=KEPT_PER_RESOURCE_MAX))
        self._readers: defaultdict[str, list[Reader]] = defaultdict(list)
        self._followers: list[Reader] = []
        self.seq = 0

    def append(
        self,
        at_ms: int,
        kind: str,
        account: str,
        region: str,
        resource: str,
        principal: str,
        request_id: str,
        facts: dict[str, Any],
        kept: bool = False,
    ) -> Event:
        """Write down one fact and tell its readers."""
        self.seq = seq = self.seq + 1
        event = Event(seq, at_ms, kind, account, region, resource, principal, request_id, facts, kept)
        self._events.append(event)
        if kept:
            self._changes[resource].append(event)
            if self._saves:
                self._unsaved.unsaved_events.append(event)
                self._unsaved.ask()
        if kind in self._readers:
            for reader in self._readers[kind]:
                reader(event)
        if self._followers:
            for follower in self._followers:
                follower(event)
        return event

    def read(self, kind: str, reader: Reader) -> None:
        """Have `reader` called with every later event of a kind."""
        self._readers[kind].append(reader)

    def read_by(self, kind: str, load: Callable[[], Reader]) -> None:
        """Have the reader that `load` gives called with every later event of a kind; it is loaded for the first."""
        readers = self._readers[kind]
        place = len(readers)

        def first(event: Event) -> None:
            readers[place] = load()
            readers[place](event)

        readers.append(first)

    def follow(self, follower: Reader) -> Callable[[], None]:
        """Have `follower` called with every later event; the result ends it."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def last_change(self, resource: str, property_name: str) -> Event | None:
        """The event that last set a property of a resource, or else last changed the resource."""
        changes = self._changes.get(resource)
        if not changes:
            return None
        return next((event for event in reversed(changes) if property_name in event.facts), changes[-1])

    def restore(self, events: list[Event]) -> None:
        """Take in the kept events of an earlier run."""
        for event in events:
            self._events.append(event)
            self._changes[event.resource].append(event)
            self.seq = max(self.seq, event.seq)

    def kept(self) -> list[Event]:
        """Every kept event that is still held, in order."""
        return sorted((event for held in self._changes.values() for event in held), key=lambda event: event.seq)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)
