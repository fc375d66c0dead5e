"""What is broken on purpose: listed, made, mended."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.gates.faults import Fault, Faults, Kind
from foulweather.wire.admin.asking import Asked, Endpoint, Refused
from foulweather.wire.admin.times import parse_duration


class FaultRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"lasts": "for"}):
    """A fault to make: which calls it meets (patterns with `*`), and how.

    `percent` is the share of matching calls; `delay` how long a slow call is held up, `for` how
    long the fault lasts (durations: `250ms`, `10m`, or milliseconds); `per_s` the lowered rate.
    """

    kind: Kind
    service: str = "*"
    operation: str = "*"
    account: str = "*"
    region: str = "*"
    principal: str = "*"
    percent: int = 100
    delay: str | int = 0
    per_s: int = 0
    lasts: str | int = 0


class FaultList(msgspec.Struct, frozen=True):
    """Faults, in order of making."""

    faults: list[Fault]


def listed(asked: Asked) -> FaultList:
    """Every fault that is in force."""
    return FaultList(Faults.of(asked.hosted.world).all())


def shown(asked: Asked) -> Fault:
    """One fault."""
    found = [fault for fault in Faults.of(asked.hosted.world).all() if fault.id == asked.param]
    if not found:
        raise Refused(404, "NoSuchFault", f"There is no fault {asked.param!r}.")
    return found[0]


def make(asked: Asked) -> Fault:
    """Break something."""
    wanted: FaultRequest = asked.body
    world = asked.hosted.world
    members: dict[str, Any] = {
        name: getattr(wanted, name)
        for name in ("kind", "service", "operation", "account", "region", "principal", "percent", "per_s")
    }
    try:
        members["delay_ms"] = _ms(wanted.delay)
        lasts_ms = _ms(wanted.lasts)
        if lasts_ms:
            members["until_ms"] = world.clock.now_ms + lasts_ms
        return Faults.of(world).add(**members)
    except ValueError as error:
        raise Refused(400, "BadFault", f"{error}.") from None


def mend(asked: Asked) -> FaultList:
    """Mend one fault, or all."""
    if asked.param:
        shown(asked)
    return FaultList(Faults.of(asked.hosted.world).clear(asked.param))


def _ms(duration: str | int) -> int:
    if isinstance(duration, str):
        return parse_duration(duration)
    if duration < 0:
        raise ValueError("a duration is not negative")
    return duration


ENDPOINTS = (
    Endpoint("GET", "faults", listed, "The faults in force", FaultList, query=("world",)),
    Endpoint("POST", "faults", make, "Break something", Fault, FaultRequest, query=("world",), status=201),
    Endpoint("DELETE", "faults", mend, "Mend every fault", FaultList, query=("world",)),
    Endpoint("GET", "faults/{id}", shown, "One fault", Fault, query=("world",)),
    Endpoint("DELETE", "faults/{id}", mend, "Mend one fault", FaultList, query=("world",)),
)
