"""Definitions, compiled once: what executions run."""

from __future__ import annotations

from typing import cast

import msgspec

from foulweather.services.stepfunctions.language.parsing import parse
from foulweather.services.stepfunctions.language.records import Flow, Machine, Parallel
from foulweather.services.stepfunctions.language.records import Map as MapState
from foulweather.services.stepfunctions.records import Revision
from foulweather.world.world import World

KEPT_MAX = 1_000


class Program(msgspec.Struct):
    """A compiled definition, and its flows by their place."""

    machine: Machine
    flows: dict[tuple[str, ...], Flow]

    def flow(self, place: tuple[str, ...]) -> Flow:
        """The machine's own flow, or in it a Parallel's branch (`name`, its index) a Map's processor (`name`, "")."""
        found = self.flows.get(place)
        if found is None:
            state = self.flow(place[:-2]).states[place[-2]]
            if isinstance(state, Parallel):
                found = state.branches[int(place[-1])]
            else:
                found = cast(MapState, state).processor
            self.flows[place] = found
        return found


class Programs:
    """A world's compiled definitions."""

    def __init__(self) -> None:
        self.held: dict[str, Program] = {}

    @classmethod
    def of(cls, world: World) -> Programs:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Programs, found)

    def program(self, revision: Revision) -> Program:
        """What a revision says, compiled."""
        found = self.held.get(revision.id)
        if found is None:
            machine = parse(revision.definition)
            if len(self.held) >= KEPT_MAX:
                self.held.clear()
            found = self.held[revision.id] = Program(machine, {(): machine.flow})
        return found
