"""A world's faults: those in force, those that have ended, and the calls that they met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from foulweather.gates.faults.checking import checked
from foulweather.gates.faults.fault import ANY, Fault, Kind
from foulweather.kernel.call import Call
from foulweather.kernel.service import Rate
from foulweather.kernel.services import Operation
from foulweather.world.store import State, table
from foulweather.world.world import World

LATEST_MAX = 10
ENDED_MAX = 200
MEMBERS = frozenset(Fault.__struct_fields__)


class Hit(msgspec.Struct, frozen=True):
    """One call that a fault met."""

    at_ms: int
    trace_id: str
    service: str
    operation: str
    principal: str
    account: str
    region: str
    resource: str


class Hits(msgspec.Struct):
    """How many calls a fault met, and the latest of them."""

    count: int = 0
    latest: list[Hit] = []


class Ended(msgspec.Struct, frozen=True):
    """A fault that is no longer in force."""

    fault: Fault
    at_ms: int
    how: Literal["cleared", "expired"]


class FaultState(State):
    """The faults of a world, in order of their making."""

    scope = "world"
    faults = table(Fault)
    hits = table(Hits)
    ended = table(Ended)


class Faults:
    """A world's faults; `active` is empty where nothing is broken."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state = world.state(FaultState)
        self.active = self._state.faults.values()
        self._alarms: dict[str, int] = {}
        self._by_kind: dict[Kind, list[Fault]] = {}
        self._is_about_resources = False
        self._let_in = ""
        self._about: tuple[str, Sequence[str] | None] = ("", None)
        for fault in list(self.active):
            self._set_alarm(fault)
        self._changed()

    @classmethod
    def of(cls, world: World) -> Faults:
        """The faults of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return found  # type: ignore[return-value]

    # --- making and mending

    def add(self, **members: Any) -> Fault:
        """Break something; raises ValueError where the description makes no sense."""
        now_ms = self._world.clock.now_ms
        unknown = set(members) - MEMBERS
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        if "how" in members:
            members["as"] = members.pop("how")
        made = {"id": f"fault-{self._world.ids.hex(8)}", "made_at_ms": now_ms, **members}
        try:
            fault = msgspec.convert(made, Fault)
        except msgspec.ValidationError as error:
            raise ValueError(f"not a fault: {error}") from error
        fault = checked(fault, now_ms)
        self._state.faults.put(fault.id, fault)
        self._changed()
        self._set_alarm(fault)
        self._note("fault.Added", fault)
        return fault

    def clear(self, fault_id: str = "") -> list[Fault]:
        """Mend one fault, or all; gives those that were mended."""
        mended = [fault for fault in self.all() if not fault_id or fault.id == fault_id]
        for fault in mended:
            self._end(fault, "cleared")
        return mended

    def all(self) -> list[Fault]:
        """Every fault in force, in order of making."""
        now_ms = self._world.clock.now_ms
        return [fault for fault in self._state.faults.values() if not 0 < fault.until_ms <= now_ms]

    def ended(self) -> list[Ended]:
        """The latest faults that are no longer in force, in order of their end."""
        return list(self._state.ended.values())

    def hits(self, fault_id: str) -> Hits:
        """The calls that a fault met."""
        return self._state.hits.get(fault_id) or Hits()

    # --- asking

    def meeting(self, call: Call, kind: Kind, resources: Sequence[str] | None = None) -> Fault | None:
        """The first fault of a kind that this call meets; its share is drawn from the world's randomness.

        `resources` are the ARNs that the call is about (by default, the one that its access was asked for).
        """
        for fault in self._by_kind.get(kind, ()):
            if not fault.meets(call, resources):
                continue
            if fault.percent == 100 or self._world.random.randrange(100) < fault.percent:
                return fault
        return None

    def met(self, fault: Fault, call: Call) -> None:
        """Write down that a fault had its effect on a call."""
        hits = self._state.hits.get(fault.id)
        if hits is None:
            hits = Hits()
        hits.count += 1
        hits.latest = [*hits.latest[1 - LATEST_MAX :], _hit(call)]
        self._state.hits.put(fault.id, hits)
        call.happened(
            "fault.Met", fault.id, fault=fault.id, fault_kind=fault.kind, operation=f"{call.service}:{call.operation}"
        )

    def zone_impaired(self, region: str, zone: str, service: str = ANY) -> Fault | None:
        """The fault that impairs an Availability Zone (for a service), or None."""
        now_ms = self._world.clock.now_ms
        for fault in self._by_kind.get("zone", ()):
            is_there = fault.zone == zone and zone[:-1] == region and not 0 < fault.until_ms <= now_ms
            if is_there and fault.service in (ANY, service):
                return fault
        return None

    def resources_of(self, call: Call, operation: Operation, request: Mapping[str, Any]) -> Sequence[str] | None:
        """The ARNs that a call is about, where a fault asks for them."""
        if not self._is_about_resources:
            return None
        if self._about[0] != call.request_id:
            self._about = call.request_id, [one.arn for one in operation.access.resources(call, request)]
        return self._about[1]

    def resources_seen(self, call: Call) -> Sequence[str] | None:
        """The ARNs that a gate before this one found for the same call."""
        return self._about[1] if self._about[0] == call.request_id else None

    def let_in(self, call: Call) -> None:
        """Note that a request has passed what can befall it on its way in: the wire has judged it."""
        self._let_in = call.request_id

    def was_let_in(self, call: Call) -> bool:
        """Whether the wire has judged this request already."""
        return self._let_in == call.request_id

    # --- keeping

    def _end(self, fault: Fault, how: Literal["cleared", "expired"]) -> None:
        state = self._state
        state.faults.delete(fault.id)
        state.ended.put(fault.id, Ended(fault, self._world.clock.now_ms, how))
        if len(state.ended) > ENDED_MAX:
            oldest = next(iter(state.ended))
            state.ended.delete(oldest)
            if oldest in state.hits:
                state.hits.delete(oldest)
        self._world.agenda.cancel(self._alarms.pop(fault.id, 0))
        self._changed()
        self._note("fault.Cleared" if how == "cleared" else "fault.Expired", fault)

    def _set_alarm(self, fault: Fault) -> None:
        """Let a fault end when its time is over."""
        if fault.until_ms:
            self._alarms[fault.id] = self._world.agenda.alarm(fault.until_ms, lambda: self._expire(fault))

    def _expire(self, fault: Fault) -> None:
        if fault.id in self._state.faults:
            self._end(fault, "expired")

    def _changed(self) -> None:
        self._by_kind = {}
        for fault in self._state.faults.values():
            self._by_kind.setdefault(fault.kind, []).append(fault)
        self._is_about_resources = any(fault.resource != ANY for fault in self._state.faults.values())

    def _note(self, kind: str, fault: Fault) -> None:
        facts = {key: value for key, value in msgspec.to_builtins(fault).items() if key != "id"}
        self._world.journal.append(
            self._world.clock.now_ms,
            kind,
            "",
            "",
            fault.id,
            fault.by or "foulweather",
            "",
            {"fault": fault.id, **facts},
            True,
        )


def rate_by(fault: Fault, rate: Rate | None) -> Rate:
    """The rate that a quota fault gives an operation of that rate."""
    return (rate or Rate(0, 0))._replace(per_s=fault.per_s, burst=fault.per_s, shared="")


def _hit(call: Call) -> Hit:
    principal = call.principal.arn
    return Hit(
        call.now, call.trace_id, call.service, call.operation, principal, call.account, call.region, call.resource
    )
