"""What EventBridge Scheduler keeps in an account and Region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.world.store import State, table

DEFAULT = "default"


def part(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A structure within a target or request; empty where there is none."""
    return of.get(name) or {}


class Group(msgspec.Struct, omit_defaults=True):
    """A group of schedules; every account has the default one in every Region."""

    name: str
    arn: str
    created_ms: int = 0
    modified_ms: int = 0
    tags: dict[str, str] = {}
    token: str = ""


class Schedule(msgspec.Struct, omit_defaults=True):
    """A schedule; `settings` holds what was asked for, by its API name, `due` is its place on the agenda."""

    name: str
    group: str
    arn: str
    created_ms: int
    modified_ms: int
    settings: dict[str, Any]
    begins_ms: int
    token: str = ""
    due: int = 0

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{self.group}/{self.name}"

    @property
    def is_enabled(self) -> bool:
        """Whether it invokes its target at all."""
        return self.settings.get("State", "ENABLED") == "ENABLED"

    @property
    def target(self) -> dict[str, Any]:
        """What it invokes."""
        return self.settings["Target"]


class Invocation(msgspec.Struct, omit_defaults=True):
    """One invocation under way; it has the target as it was when it was due."""

    id: str
    schedule: str
    arn: str
    group_arn: str
    target: dict[str, Any]
    scheduled_ms: int
    first_ms: int
    is_last: bool = False
    attempts: int = 0


class SchedulerState(State):
    """Groups, schedules and invocations under way, of one account in one Region."""

    groups = table(Group)
    schedules = table(Schedule)
    invocations = table(Invocation)

    def group(self, name: str, account: str, region: str) -> Group | None:
        """A group by name; the default one is always there."""
        found = self.groups.get(name)
        if found is None and name == DEFAULT:
            return Group(DEFAULT, f"arn:aws:scheduler:{region}:{account}:schedule-group/{DEFAULT}")
        return found

    def in_group(self, name: str) -> list[Schedule]:
        """A group's schedules by name."""
        return [schedule for _, schedule in sorted(self.schedules.items()) if schedule.group == name]
