"""Nobody who waits is throttled while the archive is rendered, and it is rendered before its events are too old."""

from __future__ import annotations

from stack import ARCHIVE, CRITICAL, RENDERING_S

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.functions import answered, caller, function_arn, unserved
from foulweather.kernel.why import Fact, Why

GRACE_MS = 10 * MINUTE_MS
RENDERING_MIN = 400
"""14,400 documents in three hours: with fewer at once the last would be older than six hours when its turn comes."""


def _throttled(lab: Lab, name: str, since_ms: int) -> int:
    return sum(
        event.kind == "lambda.Throttled" and event.facts["function"] == name and event.at_ms > since_ms
        for event in lab.world.journal
    )


def _reserved(lab: Lab, name: str) -> int | None:
    found = answered(lab.client("lambda").get_function_concurrency(FunctionName=name))
    return found.get("ReservedConcurrentExecutions")


def symptom(lab: Lab) -> Why | None:
    """Users of both are refused."""
    since_ms = lab.struck_at_ms or lab.now_ms
    counts = {name: _throttled(lab, name, since_ms) for name in CRITICAL}
    if min(counts.values()) < 12:
        return None
    facts = [Fact(function_arn(lab, name), "Throttles", count) for name, count in counts.items()]
    return unmended("checkout and login are refused: TooManyRequestsException: Rate Exceeded.", *facts)


def check(lab: Lab) -> Why | None:
    """Users first, then the archive, then what half an hour does not show."""
    mended_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    since_ms = mended_ms + GRACE_MS
    for name, users in zip(CRITICAL, ("shop", "accounts"), strict=True):
        throttled = _throttled(lab, name, since_ms)
        if throttled:
            reserved = shown(lab, function_arn(lab, name), "ReservedConcurrentExecutions", _reserved(lab, name))
            return unmended(f"{name} was throttled {throttled} times since.", reserved)
        if caller(lab, users).asked and lab.struck_at_ms:
            why = unserved(lab, users, since_ms)
            if why is not None:
                return why
    return _archive(lab, mended_ms) if lab.struck_at_ms else None


def _archive(lab: Lab, since_ms: int) -> Why | None:
    arn, reserved = function_arn(lab, ARCHIVE), _reserved(lab, ARCHIVE)
    told = shown(lab, arn, "ReservedConcurrentExecutions", reserved)
    dropped = sum(
        event.kind == "lambda.AsyncEventDropped" and event.resource == arn and event.at_ms > since_ms
        for event in lab.world.journal
    )
    if dropped:
        return unmended(f"{dropped} documents of the archive were given up, and nobody has them.", told)
    if reserved is not None and reserved < RENDERING_MIN:
        return unmended(
            f"With {reserved} at once the archive takes longer than its events live: {reserved * 60 // RENDERING_S} "
            "documents a minute of eighty.",
            told,
        )
    done = sum(
        event.kind == "lambda.Invoked"
        and event.facts["function"] == ARCHIVE
        and event.at_ms > lab.now_ms - 15 * MINUTE_MS
        for event in lab.world.journal
    )
    if done < 15 * 24:
        return unmended(f"{done} documents were rendered in the last quarter of an hour.", told)
    return None
