"""Pictures come within two seconds, and cost at most a fifth more than they did."""

from __future__ import annotations

from stack import BEFORE_MIB, FUNCTION

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.functions import caller, function_arn, function_of, unserved
from foulweather.kernel.why import Fact, Why

SLOW_MS = 2_000
COST_PERCENT = 120
BEFORE_MS = 586
"""What a picture took with a gigabyte, on average: that times the memory is what one cost."""


def _memory(lab: Lab) -> Fact:
    return shown(
        lab, function_arn(lab, FUNCTION), "MemorySize", function_of(lab, FUNCTION)["Configuration"]["MemorySize"]
    )


def symptom(lab: Lab) -> Why | None:
    """Twenty visitors who waited too long, some of them in vain."""
    since_ms = lab.struck_at_ms or lab.now_ms
    gallery = caller(lab, "gallery")
    slow = [served.took_ms for served in gallery.served_since(since_ms) if served.took_ms > SLOW_MS]
    failed = gallery.failed_since(since_ms)
    if len(slow) + len(failed) < 20 or not failed:
        return None
    return unmended(
        f"{len(slow)} pictures took more than two seconds, and {len(failed)} never came.",
        Fact("gallery", "slowest, ms", max(slow)),
        Fact("gallery", "failed", len(failed)),
    )


def check(lab: Lab) -> Why | None:
    """Time, then money."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "gallery", since_ms)
    if unwell is not None:
        return unwell
    slow = [served.took_ms for served in caller(lab, "gallery").served_since(since_ms) if served.took_ms > SLOW_MS]
    if slow:
        return unmended(f"{len(slow)} pictures took more than two seconds, up to {max(slow)} ms.", _memory(lab))
    ran = [
        event.facts
        for event in lab.world.journal
        if event.kind == "lambda.Invoked" and event.at_ms > since_ms and event.facts["function"] == FUNCTION
    ]
    cost = sum(facts["duration_ms"] * facts["memory_mib"] for facts in ran) // len(ran)
    percent = 100 * cost // (BEFORE_MS * BEFORE_MIB)
    if percent > COST_PERCENT:
        told = f"A picture costs {percent} % of what it did, in memory times seconds; {COST_PERCENT} % is the most."
        return unmended(told, _memory(lab), Fact(FUNCTION, "MB x ms a picture", cost))
    return None
