"""What somebody has broken on purpose: a fault changes a fact, and calls meet it here.

Kinds: `unavailable` (a service in a region answers 503, for a share of calls), `slow` (calls are
held up for some milliseconds of world time), `quota` (a rate is lowered). Services look here for
further facts of their own.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Literal, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.services import Operation
from foulweather.kernel.why import Fact, Why
from foulweather.world.store import State, table
from foulweather.world.world import World

Kind = Literal["unavailable", "slow", "quota"]


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is broken: which calls it meets (patterns with `*`), and how.

    `percent` is the share of matching calls, `delay_ms` how long a slow call is held up, `per_s`
    the lowered rate, `until_ms` when it mends by itself (0: never).
    """

    id: str
    kind: Kind
    service: str = "*"
    operation: str = "*"
    account: str = "*"
    region: str = "*"
    principal: str = "*"
    percent: int = 100
    delay_ms: int = 0
    per_s: int = 0
    until_ms: int = 0
    made_at_ms: int = 0

    def meets(self, call: Call) -> bool:
        """Whether a call is one of those that the fault is for."""
        return (
            (self.until_ms == 0 or call.now < self.until_ms)
            and fnmatchcase(call.service, self.service)
            and fnmatchcase(call.operation, self.operation)
            and fnmatchcase(call.account, self.account)
            and fnmatchcase(call.region, self.region)
            and fnmatchcase(call.principal.arn, self.principal)
        )


class FaultState(State):
    """The faults of a world, in order of their making."""

    scope = "world"
    faults = table(Fault)


class Faults:
    """A world's faults; `active` is empty where nothing is broken."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._state = world.state(FaultState)
        self.active = self._state.faults

    @classmethod
    def of(cls, world: World) -> Faults:
        """The faults of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return cast(Faults, found)

    def add(self, **members: Any) -> Fault:
        """Break something; raises ValueError where the description makes no sense."""
        now_ms = self._world.clock.now_ms
        made = {"id": f"fault-{self._world.ids.hex(8)}", "made_at_ms": now_ms, **members}
        try:
            fault = msgspec.convert(made, Fault)
        except msgspec.ValidationError as error:
            raise ValueError(f"not a fault: {error}") from error
        unknown = set(members) - set(Fault.__struct_fields__)
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        if fault.kind == "slow" and fault.delay_ms <= 0:
            raise ValueError("a slow fault needs a delay_ms above 0")
        if fault.kind == "quota" and fault.per_s <= 0:
            raise ValueError("a quota fault needs a per_s above 0")
        if fault.delay_ms and fault.kind != "slow":
            raise ValueError(f"delay_ms is of a slow fault, not of one of kind {fault.kind}")
        if fault.per_s and fault.kind != "quota":
            raise ValueError(f"per_s is of a quota fault, not of one of kind {fault.kind}")
        if fault.until_ms and fault.until_ms <= now_ms:
            raise ValueError("until_ms is in the past: this fault would never meet a call")
        if not 0 < fault.percent <= 100:
            raise ValueError("percent must be from 1 to 100")
        self._state.faults.put(fault.id, fault)
        self._note("fault.Added", fault)
        return fault

    def clear(self, fault_id: str = "") -> list[Fault]:
        """Mend one fault, or all; gives those that were mended."""
        mended = [fault for fault in self.all() if not fault_id or fault.id == fault_id]
        for fault in mended:
            self._state.faults.delete(fault.id)
            self._note("fault.Cleared", fault)
        return mended

    def all(self) -> list[Fault]:
        """Every fault, in order of making."""
        return list(self._state.faults.values())

    def meeting(self, call: Call, kind: Kind) -> Fault | None:
        """The first fault of a kind that this call meets; its share is drawn from the world's randomness."""
        for fault in self._state.faults.values():
            if fault.kind != kind or not fault.meets(call):
                continue
            if fault.percent == 100 or self._world.random.randrange(100) < fault.percent:
                return fault
        return None

    def changed_rate(self, call: Call, rate: Rate | None) -> Rate | None:
        """The rate that a quota fault gives this call's operation (lower, or higher as after a quota increase),
        in the words of its own if it has one.
        """
        fault = self.meeting(call, "quota")
        if fault is None:
            return None
        return (rate or Rate(0, 0))._replace(per_s=fault.per_s, burst=fault.per_s)

    def _note(self, kind: str, fault: Fault) -> None:
        facts = {key: value for key, value in msgspec.to_builtins(fault).items() if key != "id"}
        self._world.journal.append(
            self._world.clock.now_ms, kind, "", "", fault.id, "foulweather", "", {"fault": fault.id, **facts}, True
        )


def faults(call: Call, operation: Operation, request: dict[str, Any]) -> None:
    """Refuse a call to something that is unavailable."""
    found = Faults.of(call.world)
    if not found.active:
        return
    fault = found.meeting(call, "unavailable")
    if fault is not None:
        why = Why(
            "faulted",
            f"{call.service} is unavailable in {call.region} for {fault.percent} % of calls, because of {fault.id}.",
            (Fact(fault.id, "kind", fault.kind), Fact(fault.id, "since", fault.made_at_ms)),
            (f"foulweather fault clear {fault.id}",),
        )
        raise AwsError("ServiceUnavailable", "Service is unable to handle request.", 503, why=why)


def delay(call: Call, operation: Operation) -> int:
    """Milliseconds of world time by which a fault holds this call up, on record when there are any."""
    found = Faults.of(call.world)
    if not found.active:
        return 0
    fault = found.meeting(call, "slow")
    if fault is None:
        return 0
    why = Why(
        "delayed",
        f"{call.service} is slow in {call.region}: {fault.id} holds each call up for {fault.delay_ms} ms.",
        (Fact(fault.id, "delay_ms", fault.delay_ms),),
        (f"foulweather fault clear {fault.id}",),
    )
    call.explain("Fault", call.resource, why)
    return fault.delay_ms
