"""What EventBridge keeps in an account and Region."""

from __future__ import annotations

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
    """One event on its way to one target."""

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


class Matcher(NamedTuple):
    """A rule that is enabled, with its pattern ready to be asked, and the only sources and detail types it takes."""

    rule: Rule
    pattern: Group
    sources: frozenset[str] | None
    types: frozenset[str] | None


class EventsState(State):
    """Buses, rules, deliveries under way, archives and replays, of one account in one Region."""

    buses = table(Bus)
    rules = table(Rule)
    deliveries = table(Delivery)
    archives = table(Archive)
    archived = table(Archived)
    replays = table(Replay)
    looked = table(Looked)

    def opened(self) -> None:
        """Index rules and archives by bus; policies are compiled when first needed."""
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
        """Have the rules of a bus, their patterns and states, looked at anew."""
        self._matchers.pop(bus, None)

    def matchers(self, bus: str) -> list[Matcher]:
        """The rules of a bus that can match an event."""
        found = self._matchers.get(bus)
        if found is None:
            found = self._matchers[bus] = [
                Matcher(
                    rule,
                    compiled(rule.pattern),
                    exact_texts(rule.pattern, "source"),
                    exact_texts(rule.pattern, "detail-type"),
                )
                for rule in self.rules_on(bus).values()
                if rule.pattern and rule.is_enabled
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
