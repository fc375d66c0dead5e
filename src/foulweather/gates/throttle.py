"""Token buckets on the world's clock: how often an account, or a resource, may be called."""

from __future__ import annotations

from typing import Any, cast

from foulweather.gates.faults import Faults
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.services import Operation
from foulweather.kernel.why import Fact, Why
from foulweather.world.world import World

MILLI = 1000


class Buckets:
    """The fill of every bucket in use, in thousandths of a token, and when it was last looked at."""

    def __init__(self) -> None:
        self.fills: dict[tuple[str, ...], tuple[int, int]] = {}

    @classmethod
    def of(cls, world: World) -> Buckets:
        """The buckets of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Buckets, found)

    def take(self, key: tuple[str, ...], rate: Rate, now_ms: int) -> bool:
        """Take one token; False when the bucket has none. A bucket refills to `burst` at `per_s`."""
        fill, at_ms = self.fills.get(key, (rate.burst * MILLI, now_ms))
        fill = min(rate.burst * MILLI, fill + (now_ms - at_ms) * rate.per_s)
        if fill < MILLI:
            self.fills[key] = fill, now_ms
            return False
        self.fills[key] = fill - MILLI, now_ms
        return True


def throttle(call: Call, operation: Operation, request: dict[str, Any]) -> None:
    """Refuse a call that comes faster than its rate allows."""
    world, rate = call.world, operation.rate
    faults = Faults.of(world)
    changed = faults.changed_rate(call, rate) if faults.active else None
    if changed is not None:
        rate = changed
    if rate is None:
        return
    buckets = Buckets.of(world)
    whose = call.account
    if rate.by == "resource":
        resources = operation.access.resources(call, request)
        whose = resources[0].arn if resources else call.account
    key = (whose, call.region, call.service, call.operation)
    if buckets.take(key, rate, call.now):
        return
    name = f"{call.service}:{call.operation}"
    why = Why(
        "throttled",
        f"{name} came faster than {rate.per_s} a second (burst {rate.burst}) for {whose} in {call.region}.",
        (
            Fact(whose, f"{name} rate", f"{rate.per_s}/s"),
            Fact(whose, f"{name} burst", rate.burst),
            *(() if changed is None else (Fact(whose, "rate changed by", "a fault (foulweather fault list)"),)),
        ),
        ("foulweather fault clear",) if changed is not None else (),
    )
    call.happened("api.Throttled", whose, operation=name)
    raise AwsError(rate.code, rate.message, rate.status, why=why)
