"""Statements come in time, each is made once, and the function ends before API Gateway stops waiting."""

from __future__ import annotations

from stack import FUNCTION, MEMORY_MIB

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import function_arn, function_of
from foulweather.kernel.why import Fact, Why

GATEWAY_S = 29
MEMORY_MAX = MEMORY_MIB + 1_024


def symptom(lab: Lab) -> Why | None:
    """Five statements that nobody got."""
    return failing(lab, "website", "{} statements timed out", status=504)


def check(lab: Lab) -> Why | None:
    """Traffic since what ran in the mend is over, then how often it ran, then the time-outs."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS) + (2 * MINUTE_MS if lab.struck_at_ms else 0)
    unwell = unserved(lab, "website", since_ms)
    if unwell is not None:
        return unwell
    arn = function_arn(lab, FUNCTION)
    asked = client(lab, "website").since(since_ms)
    attempts = sum(one.attempts for one in asked)
    if attempts != len(asked):
        fact = Fact(FUNCTION, "runs", attempts)
        return unmended(f"{len(asked)} statements were asked for, and {attempts} were made.", fact)
    settings = function_of(lab, FUNCTION)["Configuration"]
    is_awaited = any(one.status != 202 for one in asked)
    if lab.struck_at_ms and is_awaited and settings["Timeout"] >= GATEWAY_S:
        return unmended(
            f"A statement that hangs runs for {settings['Timeout']} s, and API Gateway waits for {GATEWAY_S}.",
            shown(lab, arn, "Timeout", settings["Timeout"]),
        )
    if settings["MemorySize"] > MEMORY_MAX:
        told = f"{settings['MemorySize']} MB are more than the budget has."
        return unmended(told, shown(lab, arn, "MemorySize", settings["MemorySize"]))
    slowest_ms = max(one.took_ms for one in asked)
    if slowest_ms > 25_000:
        return unmended(f"The slowest took {slowest_ms} ms of 29,000.", Fact("website", "slowest, ms", slowest_ms))
    return None
