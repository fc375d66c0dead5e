"""All fifty are served, nothing is throttled, and the partner has the ceiling that was promised."""

from __future__ import annotations

from stack import FUNCTION

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import function_arn, function_of
from foulweather.kernel.why import Fact, Why

PROMISED = 80


def symptom(lab: Lab) -> Why | None:
    """A hundred quotes that failed."""
    return failing(lab, "customers", "{} quotes failed", status=500, at_least=100)


def check(lab: Lab) -> Why | None:
    """Traffic, then throttles, then the ceiling."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "customers", since_ms)
    if unwell is not None:
        return unwell
    reserved = function_of(lab, FUNCTION).get("Concurrency", {}).get("ReservedConcurrentExecutions")
    fact = shown(lab, function_arn(lab, FUNCTION), "ReservedConcurrentExecutions", reserved)
    if reserved is None or reserved > PROMISED:
        told = "any number of" if reserved is None else str(reserved)
        return unmended(f"{told} questions at a time may reach the partner, who bears {PROMISED}.", fact)
    slowest_ms = max(one.took_ms for one in client(lab, "customers").since(since_ms))
    if slowest_ms > 10_000:
        return unmended("A quote took longer than ten seconds.", Fact("customers", "slowest, ms", slowest_ms), fact)
    return None
