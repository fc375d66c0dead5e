"""Reports come, with room to spare, and one that hangs is ended within a minute."""

from __future__ import annotations

from stack import FUNCTION

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.functions import caller, failing, function_arn, function_of, unserved
from foulweather.kernel.why import Fact, Why

TIMEOUT_S_MAX = 60
ROOM_PERCENT = 80


def symptom(lab: Lab) -> Why | None:
    """Five reports that never came."""
    return failing(lab, "office", "{} reports did not come")


def check(lab: Lab) -> Why | None:
    """Traffic, then the room that is left."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "office", since_ms)
    if unwell is not None:
        return unwell
    timeout_s: int = function_of(lab, FUNCTION)["Configuration"]["Timeout"]
    fact = shown(lab, function_arn(lab, FUNCTION), "Timeout", timeout_s)
    if timeout_s > TIMEOUT_S_MAX:
        return unmended(f"A report that hangs is ended after {timeout_s} s only; a minute was agreed.", fact)
    most_ms = max(served.took_ms for served in caller(lab, "office").served_since(since_ms))
    if most_ms * 100 > timeout_s * 1000 * ROOM_PERCENT:
        return unmended(
            f"The slowest report took {most_ms} ms of {timeout_s} s: the next slow day it fails again.",
            fact,
            Fact(FUNCTION, "slowest, ms", most_ms),
        )
    return None
