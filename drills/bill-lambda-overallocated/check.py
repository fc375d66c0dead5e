"""The partner's data is young enough, exports are quick, and they cost what they may."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from stack import FUNCTION, RULE

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.functions import function_arn, function_of
from foulweather.kernel.why import Fact, Why

YOUNG_MS, QUICK_MS = 30 * MINUTE_MS, 15_000
BUDGET_GB_S, TOO_MUCH_GB_S = 16, 1_000
GB_MS = 1024 * 1000


class Run(NamedTuple):
    """One export: when it ended, how long it took, what it cost in MB and milliseconds."""

    at_ms: int
    took_ms: int
    cost: int
    error: str


def _runs(lab: Lab, since_ms: int) -> list[Run]:
    found: list[Run] = []
    for event in lab.world.journal:
        facts: Mapping[str, Any] = event.facts
        if event.kind == "lambda.Invoked" and event.at_ms > since_ms and facts["function"] == FUNCTION:
            cost = facts["billed_ms"] * facts["memory_mib"]
            found.append(Run(event.at_ms, facts["duration_ms"], cost, facts["error"] or ""))
    return found


def _memory(lab: Lab) -> Fact:
    size = function_of(lab, FUNCTION)["Configuration"]["MemorySize"]
    return shown(lab, function_arn(lab, FUNCTION), "MemorySize", size)


def _schedule(lab: Lab) -> Fact:
    rule = lab.client("events").describe_rule(Name=RULE)
    return shown(lab, rule["Arn"], "ScheduleExpression", f"{rule['ScheduleExpression']}, {rule['State']}")


def symptom(lab: Lab) -> Why | None:
    """A thousand GB-seconds in an hour."""
    spent = sum(run.cost for run in _runs(lab, lab.now_ms - HOUR_MS)) // GB_MS
    if spent < TOO_MUCH_GB_S:
        return None
    return unmended(f"{FUNCTION} has cost {spent} GB-seconds in the last hour.", Fact(FUNCTION, "GB-seconds", spent))


def check(lab: Lab) -> Why | None:
    """What was promised to the partner, then to finance; each of the last hour."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    runs = _runs(lab, since_ms)
    return _unkept(lab, runs, since_ms) or _dear(lab, runs)


def _unkept(lab: Lab, runs: list[Run], since_ms: int) -> Why | None:
    failed = [run for run in runs if run.error]
    if failed:
        return unmended(f"{len(failed)} exports failed: {failed[-1].error}", _memory(lab))
    times = [since_ms, *(run.at_ms for run in runs), lab.now_ms]
    longest_ms = max(after - before for before, after in pairwise(times))
    if longest_ms > YOUNG_MS:
        minutes = longest_ms // MINUTE_MS
        return unmended(f"The partner's data was {minutes} minutes old; thirty were promised.", _schedule(lab))
    slow = sorted(run.took_ms for run in runs)[(len(runs) * 95 - 1) // 100]
    if slow > QUICK_MS:
        return unmended(f"Five exports of a hundred take more than {slow} ms.", _memory(lab))
    return None


def _dear(lab: Lab, runs: list[Run]) -> Why | None:
    hour = [run.cost for run in runs if run.at_ms > lab.now_ms - HOUR_MS]
    spent = sum(hour) // GB_MS
    if spent > BUDGET_GB_S:
        told = f"The exports of an hour cost {spent} GB-seconds; {BUDGET_GB_S} are allowed."
        return unmended(told, _memory(lab), _schedule(lab))
    if lab.struck_at_ms:
        wasted = [run.cost for run in _runs(lab, lab.struck_at_ms) if run.at_ms <= lab.settling_since(lab.now_ms)]
        if wasted and 2 * sum(hour) // len(hour) >= sum(wasted) // len(wasted):
            return unmended("A run still costs more than half of what it did.", _memory(lab))
    return None
