"""Token buckets on the world's clock: how often an account, or a resource, may be called."""

from __future__ import annotations

from typing import Any

from foulweather.gates.faults import Faults, words
from foulweather.gates.faults.book import rate_by
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
        return found  # type: ignore[return-value]

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
    fault = None
    if faults.active:
        fault = faults.meeting(call, "quota", faults.resources_of(call, operation, request))
        if fault is not None:
            rate = rate_by(fault, rate)
    if rate is None:
        return
    buckets = Buckets.of(world)
    whose, region = call.account, call.region
    if rate.by != "account" and (resources := operation.access.resources(call, request)):
        first = resources[0]
        whose = first.arn if rate.by == "resource" else first.account
        region = first.arn.split(":")[3] if rate.by == "owner" and first.arn.count(":") >= 5 else region
    key = (whose, region, call.service, rate.shared or call.operation)
    if buckets.take(key, rate, call.now):
        return
    name = f"{call.service}:{rate.shared or call.operation}"
    why = Why(
        "throttled",
        f"{name} came faster than {rate.per_s} a second (burst {rate.burst}) for {whose} in {region}.",
        (
            Fact(whose, f"{name} rate", f"{rate.per_s}/s"),
            Fact(whose, f"{name} burst", rate.burst),
            *(() if fault is None else (Fact(whose, "rate changed by", fault.id), *words.facts(fault))),
        ),
        () if fault is None else (words.clear(fault),),
    )
    if fault is not None:
        faults.met(fault, call)
    call.happened("api.Throttled", whose, operation=f"{call.service}:{call.operation}")
    raise AwsError(rate.code, rate.message, rate.status, why=why)
