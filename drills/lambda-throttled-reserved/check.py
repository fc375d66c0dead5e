"""Nobody is refused, and the carriers have the ceiling that was promised to them."""

from __future__ import annotations

from stack import FUNCTION, OTHER

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.functions import failing, function_arn, function_of, unserved
from foulweather.kernel.why import Why

PROMISED = 50


def symptom(lab: Lab) -> Why | None:
    """A hundred quotes refused."""
    return failing(lab, "shop", "{} quotes were refused", at_least=100)


def check(lab: Lab) -> Why | None:
    """Traffic of both, then the ceiling."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "shop", since_ms) or unserved(lab, "parcels", since_ms)
    if unwell is not None:
        return unwell
    reserved = function_of(lab, FUNCTION).get("Concurrency", {}).get("ReservedConcurrentExecutions")
    fact = shown(lab, function_arn(lab, FUNCTION), "ReservedConcurrentExecutions", reserved)
    if reserved is None:
        return unmended("Quotes have no ceiling any more: the carriers were promised fifty at a time, at most.", fact)
    if reserved > PROMISED:
        return unmended(f"{reserved} quotes at a time are more than the fifty that the carriers can bear.", fact)
    taken = function_of(lab, OTHER).get("Concurrency", {}).get("ReservedConcurrentExecutions")
    if taken is not None:
        fact = shown(lab, function_arn(lab, OTHER), "ReservedConcurrentExecutions", taken)
        return unmended(f"{OTHER} has a ceiling now, which nobody asked for.", fact)
    return None
