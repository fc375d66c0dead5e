"""Where CloudTrail keeps things: the history of each account and Region, and everything of trails and stores."""

from __future__ import annotations

import msgspec

from foulweather.services.cloudtrail.records import (
    Chain,
    EventDataStore,
    Import,
    Imported,
    Insight,
    Query,
    Recorded,
    SigningKey,
    Trail,
)
from foulweather.world.store import State, table
from foulweather.world.world import World

HISTORY_MS = 90 * 86_400_000
SWEEP_EVERY = 256
unpack = msgspec.msgpack.Decoder(Recorded).decode
unpack_imported = msgspec.json.Decoder(Imported).decode


class EventHistory(State):
    """The management events of an account in a Region, of ninety days, packed; keys count up."""

    management = table(bytes)
    insights = table(bytes)

    def opened(self) -> None:
        """Go on counting after the newest; `first` is the oldest that is kept, or the next where none is."""
        self.next = max((int(key) for key in self.management), default=0) + 1
        self.first = min((int(key) for key in self.management), default=self.next)
        self.next_insight = max((int(key) for key in self.insights), default=0) + 1

    def append(self, packed: bytes, now_ms: int) -> None:
        """Add an event; now and then what is older than ninety days goes."""
        number = self.next
        self.next = number + 1
        self.management.put_later(str(number), packed)
        if number % SWEEP_EVERY == 0:
            self._sweep(now_ms - HISTORY_MS)

    def append_insight(self, event: bytes) -> None:
        """Add an Insights event, as JSON."""
        self.insights.put(str(self.next_insight), event)
        self.next_insight += 1

    def at(self, number: int) -> Recorded | None:
        """An event by its number."""
        packed = self.management.get(str(number))
        return None if packed is None else unpack(packed)

    def _sweep(self, before_ms: int) -> None:
        for number in range(self.first, min(self.next, self.first + 4 * SWEEP_EVERY)):
            if unpack(self.management[str(number)]).at_ms >= before_ms:
                break
            self.management.delete(str(number))
            self.first = number + 1


class Schedule(msgspec.Struct):
    """Whether a delivery is on the agenda."""

    is_due: bool


class Trails(State):
    """Every trail of a world, what each has yet to deliver, and the chains of digests.

    `offered` are data events that trails and event data stores have yet to look at.
    """

    scope = "world"
    trails = table(Trail)
    pending = table(bytes)
    offered = table(bytes)
    chains = table(Chain)
    keys = table(SigningKey)
    schedule = table(Schedule)
    active_insights = table(Insight)

    def opened(self) -> None:
        """Find what is pending by trail."""
        self.waiting: dict[str, list[str]] = {}
        for key in self.pending:
            self.waiting.setdefault(key.rpartition("|")[0], []).append(key)
        self._next = max((int(key.rpartition("|")[2]) for key in self.pending), default=0) + 1
        self._next_offered = max((int(key) for key in self.offered), default=0) + 1

    def offer(self, packed: bytes) -> None:
        """Keep a data event until those who may select it look."""
        self.offered.put_later(str(self._next_offered), packed)
        self._next_offered += 1

    def enqueue(self, trail: Trail, packed: bytes) -> None:
        """Have an event delivered with the trail's next files."""
        key = f"{trail.arn}|{self._next}"
        self._next += 1
        self.pending.put(key, packed)
        self.waiting.setdefault(trail.arn, []).append(key)

    def drop_pending(self, arn: str) -> None:
        """Forget what a trail had yet to deliver."""
        for key in self.waiting.pop(arn, ()):
            self.pending.delete(key)

    def of_account(self, account: str) -> list[Trail]:
        """The trails that an account owns."""
        return [trail for trail in self.trails.values() if trail.account == account]


class Lake(State):
    """Every event data store of a world, its events, and the queries over them."""

    scope = "world"
    stores = table(EventDataStore)
    events = table(bytes)
    queries = table(Query)
    imports = table(Import)

    def opened(self) -> None:
        """Find each store's events."""
        self.held: dict[str, list[str]] = {}
        for key in self.events:
            self.held.setdefault(key.rpartition("|")[0], []).append(key)
        self._next = max((int(key.rpartition("|")[2]) for key in self.events), default=0) + 1

    def ingest(self, store: EventDataStore, packed: bytes) -> None:
        """Add an event to a store."""
        key = f"{store.id}|{self._next}"
        self._next += 1
        self.events.put(key, packed)
        self.held.setdefault(store.id, []).append(key)

    def sweep(self, store: EventDataStore, before_ms: int) -> None:
        """Drop a store's events that are older than it keeps them."""
        keys = self.held.get(store.id, [])
        kept = [key for key in keys if _time_of(self.events[key]) >= before_ms]
        for key in set(keys) - set(kept):
            self.events.delete(key)
        self.held[store.id] = kept

    def forget(self, store: EventDataStore) -> None:
        """Delete a store with its events and queries."""
        for key in self.held.pop(store.id, ()):
            self.events.delete(key)
        for query in [each for each in self.queries.values() if each.store == store.id]:
            self.queries.delete(query.id)
        self.stores.delete(store.id)


def is_imported(packed: bytes) -> bool:
    """Whether an event of a store came out of a file."""
    return packed[:1] == b"{"


def _time_of(packed: bytes) -> int:
    return unpack_imported(packed).at_ms if is_imported(packed) else unpack(packed).at_ms


def histories(world: World) -> list[EventHistory]:
    """The history of every account and Region that has one."""
    return world.store.states(EventHistory)
