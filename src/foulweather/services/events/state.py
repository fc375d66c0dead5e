"""What EventBridge keeps in an account and Region."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from foulweather.kernel.event_patterns import Group, compiled, exact_texts
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.world.store import State, table

DEFAULT = "default"


def part(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A structure within a target or request; empty where there is none."""
    return of.get(name) or {}


class Bus(msgspec.Struct, omit_defaults=True):
    """An event bus; every account has the default one in every Region."""

    name: str
    arn: str
    created_ms: int = 0
    modified_ms: int = 0
    description: str | None = None
    policy: str = ""
    dead_letters: str = ""
    log_config: dict[str, Any] | None = None
    tags: dict[str, str] = {}


class Rule(msgspec.Struct, omit_defaults=True):
    """A rule on a bus; `targets` holds them by id as they were put, `due` is its place on the agenda."""

    name: str
    bus: str
    arn: str
    created_by: str
    created_ms: int
    pattern: str = ""
    schedule: str = ""
    state: str = "ENABLED"
    description: str | None = None
    role: str = ""
    tags: dict[str, str] = {}
    targets: dict[str, dict[str, Any]] = {}
    begins_ms: int = 0
    due: int = 0

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{self.bus}/{self.name}"

    @property
    def is_enabled(self) -> bool:
        """Whether it matches anything at all."""
        return self.state != "DISABLED"


class Delivery(msgspec.Struct, omit_defaults=True):
    """One event on its way to one target; it is under way from when an attempt begins to when that has ended."""

    id: str
    rule: str
    target: str
    event_id: str
    event: str
    ingested_ms: int
    first_ms: int
    crossed: bool = False
    attempts: int = 0
    slot_ms: int = 0
    is_under_way: bool = False
    trace_header: str = ""


class Parcel(msgspec.Struct, array_like=True):
    """An event as targets get it."""

    id: str
    text: str
    crossed: bool = False


class Owed(msgspec.Struct, array_like=True):
    """The events of a consignment, by their places in it, that a rule's target is owed."""

    rule: str
    target: str
    events: list[int]


class Consignment(msgspec.Struct, omit_defaults=True):
    """Events that came together in one trace, on their first way to targets that take them at once: one row for all."""

    id: str
    ingested_ms: int
    events: list[Parcel]
    owed: list[Owed]
    trace_header: str = ""


class Archive(msgspec.Struct, omit_defaults=True):
    """An archive of a bus's events."""

    name: str
    arn: str
    bus: str
    created_ms: int
    description: str | None = None
    pattern: str = ""
    retention_days: int = 0
    size: int = 0
    first: int = 0
    next: int = 0


class Archived(msgspec.Struct, omit_defaults=True):
    """One event in an archive: when it happened, and when it was kept."""

    at_ms: int
    kept_ms: int
    event: str


class Replay(msgspec.Struct, omit_defaults=True):
    """A replay of an archive's events to the bus that they came from."""

    name: str
    arn: str
    archive: str
    archive_arn: str
    bus: str
    bus_arn: str
    since_ms: int
    until_ms: int
    started_ms: int
    state: str = "STARTING"
    reason: str | None = None
    description: str | None = None
    rules: list[str] = []
    last_ms: int = 0
    ended_ms: int = 0
    at: int = 0


class Looked(msgspec.Struct, omit_defaults=True):
    """How far CloudTrail's history was looked at, how far it is to be, and the next look's place on the agenda."""

    until_ms: int
    wanted_ms: int = 0
    due: int = 0


class Ways(NamedTuple):
    """A rule's targets by id: those that take an event at once, and those whose answer is waited for."""

    at_once: list[str]
    slow: list[str]


def ways_of(rule: Rule) -> Ways:
    """How a rule's events go to its targets."""
    ways = Ways([], [])
    for name, target in rule.targets.items():
        (ways.at_once if takes_at_once(target) else ways.slow).append(name)
    return ways


def takes_at_once(target: Mapping[str, Any]) -> bool:
    """Whether a target is a queue or a topic that EventBridge sends to by itself: nothing is waited for."""
    return target["Arn"].split(":", 3)[2] in ("sqs", "sns") and not target.get("RoleArn")


class Matcher(NamedTuple):
    """A rule that is enabled: the only sources and detail types it takes, what else its pattern asks, and its ways."""

    rule: Rule
    sources: frozenset[str] | None
    types: frozenset[str] | None
    rest: Group
    ways: Ways

    @classmethod
    def of(cls, rule: Rule) -> Matcher:
        """A rule ready to be asked; what a lookup tells is not asked of the pattern again."""
        sources, types = exact_texts(rule.pattern, "source"), exact_texts(rule.pattern, "detail-type")
        told = {name for name, texts in (("source", sources), ("detail-type", types)) if texts is not None}
        whole = compiled(rule.pattern)
        rest = whole._replace(clauses=[each for each in whole.clauses if each[0] not in told])
        return cls(rule, sources, types, rest, ways_of(rule))


class EventsState(State):
    """Buses, rules, deliveries under way, archives and replays, of one account in one Region."""

    buses = table(Bus)
    rules = table(Rule)
    deliveries = table(Delivery)
    consignments = table(Consignment)
    archives = table(Archive)
    archived = table(Archived)
    replays = table(Replay)
    looked = table(Looked)

    def opened(self) -> None:
        """Index rules and archives by bus; policies are compiled when first needed.

        What was under way when the process ended is stale: nobody in this one sees to it.
        """
        self.stale = [delivery.id for delivery in self.deliveries.values() if delivery.is_under_way]
        self.under_way: set[str] = set()
        self.running: set[asyncio.Future[None]] = set()
        self.guard = 0
        self._rules_on: dict[str, dict[str, Rule]] = {}
        self._archives_of: dict[str, dict[str, Archive]] = {}
        self._policies: dict[str, Held] = {}
        self._matchers: dict[str, list[Matcher]] = {}
        for rule in self.rules.values():
            self._rules_on.setdefault(rule.bus, {})[rule.name] = rule
        for archive in self.archives.values():
            self._archives_of.setdefault(archive.bus, {})[archive.name] = archive

    # --- buses

    def bus(self, name: str, account: str, region: str) -> Bus | None:
        """A bus by name; the default one is there before anybody changed it."""
        found = self.buses.get(name)
        if found is None and name == DEFAULT:
            return Bus(DEFAULT, f"arn:aws:events:{region}:{account}:event-bus/{DEFAULT}")
        return found

    def policy_of(self, bus: Bus) -> Held | None:
        """A bus's policy, compiled once; None without any."""
        if not bus.policy:
            return None
        found = self._policies.get(bus.name)
        if found is None:
            found = self._policies[bus.name] = Held(bus.arn, "resource", parse(bus.policy, "resource"))
        return found

    def policy_changed(self, bus: Bus) -> None:
        """Have a bus's policy compiled anew."""
        self._policies.pop(bus.name, None)

    # --- rules

    def add(self, rule: Rule) -> None:
        """Keep a new rule."""
        self.rules.put(rule.key, rule)
        self._rules_on.setdefault(rule.bus, {})[rule.name] = rule
        self.patterns_changed(rule.bus)

    def remove(self, rule: Rule) -> None:
        """Let go of a rule."""
        self.rules.delete(rule.key)
        self._rules_on[rule.bus].pop(rule.name, None)
        self.patterns_changed(rule.bus)

    def rules_on(self, bus: str) -> Mapping[str, Rule]:
        """A bus's rules by name."""
        return self._rules_on.get(bus) or {}

    def patterns_changed(self, bus: str) -> None:
        """Have the rules of a bus, their patterns, states and targets, looked at anew."""
        self._matchers.pop(bus, None)

    def matchers(self, bus: str) -> list[Matcher]:
        """The rules of a bus that can match an event."""
        found = self._matchers.get(bus)
        if found is None:
            found = self._matchers[bus] = [
                Matcher.of(rule) for rule in self.rules_on(bus).values() if rule.pattern and rule.is_enabled
            ]
        return found

    # --- archives

    def add_archive(self, archive: Archive) -> None:
        """Keep a new archive."""
        self.archives.put(archive.name, archive)
        self._archives_of.setdefault(archive.bus, {})[archive.name] = archive

    def remove_archive(self, archive: Archive) -> None:
        """Let go of an archive with its events."""
        for key in self.keys_of(archive):
            self.archived.delete(key)
        self.archives.delete(archive.name)
        self._archives_of[archive.bus].pop(archive.name, None)

    def archives_of(self, bus: str) -> Mapping[str, Archive]:
        """A bus's archives by name."""
        return self._archives_of.get(bus) or {}

    def keys_of(self, archive: Archive) -> Iterator[str]:
        """Where an archive's events are kept, in the order in which they came."""
        for number in range(archive.first, archive.next):
            yield f"{archive.name}/{number}"
