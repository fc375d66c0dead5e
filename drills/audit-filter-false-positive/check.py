"""No release of the pipeline counts, every other one does, and the alarm is as it was agreed."""

from __future__ import annotations

import json

from stack import ALARM, FILTER, GROUP, METRIC, definition, is_pipelines, pattern_of, recorded

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

RINGS = 3
AT_ONCE = 50


def _counted(lab: Lab, since_ms: int) -> int:
    """What the filter counted of what came in since then."""
    return sum(
        int(event.facts["value"])
        for event in lab.world.journal
        if event.kind == "logs.MetricFiltered"
        and event.facts["name"] == METRIC["metricName"]
        and event.facts["at_ms"] > since_ms
    )


def symptom(lab: Lab) -> Why | None:
    """The alarm has rung for releases of the pipeline; looked at every five minutes."""
    if lab.now_ms // MINUTE_MS % 5:
        return None
    since_ms = lab.struck_at_ms or lab.now_ms - 6 * HOUR_MS
    came = recorded(lab, since_ms)
    mine = sum(1 for message in came if is_pipelines(lab, message))
    counted = _counted(lab, since_ms)
    if counted < len(came) - mine + RINGS:
        return None
    return unmended(
        f"The alarm {ALARM} counts {counted} releases of others; {mine} of {len(came)} are the pipeline's own.",
        Fact(lab.notes["group"], str(METRIC["metricName"]), counted),
    )


def check(lab: Lab) -> Why | None:
    """What was counted since the mend, then the alarm."""
    since_ms = lab.settling_since(lab.now_ms - 30 * HOUR_MS)
    pattern = pattern_of(lab)
    if pattern is None:
        return unmended(f"There is no metric filter {FILTER} of {GROUP} any more: nobody is told of anything.")
    return _judged(lab, pattern, since_ms) or _alarm(lab)


def _judged(lab: Lab, pattern: str, since_ms: int) -> Why | None:
    fact = shown(lab, lab.notes["group"], "filterPattern", pattern)
    came = recorded(lab, since_ms)
    mine = [message for message in came if is_pipelines(lab, message)]
    rest = [message for message in came if not is_pipelines(lab, message)]
    if not mine or len(rest) < 2:
        return unmended("Neither the pipeline nor others have released since the mend: wait, and check again.", fact)
    false = _matching(lab, pattern, mine)
    if false:
        arn = json.loads(false[0])["userIdentity"]["arn"]
        return unmended(
            f"The filter matches {len(false)} of the pipeline's {len(mine)} releases.",
            fact,
            Fact("event", "userIdentity.arn", arn),
        )
    caught = _matching(lab, pattern, rest)
    if len(caught) < len(rest):
        missed = next(message for message in rest if message not in caught)
        arn = json.loads(missed)["userIdentity"]["arn"]
        return unmended(
            f"The filter misses {len(rest) - len(caught)} of {len(rest)} releases that are not the pipeline's.",
            fact,
            Fact("event", "userIdentity.arn", arn),
        )
    counted = _counted(lab, since_ms)
    if counted != len(rest):
        return unmended(f"The metric counts {counted}; {len(rest)} releases were not the pipeline's.", fact)
    return None


def _matching(lab: Lab, pattern: str, messages: list[str]) -> list[str]:
    """Which events a pattern matches, as TestMetricFilter tells."""
    logs, found = lab.client("logs"), list[str]()
    for start in range(0, len(messages), AT_ONCE):
        part = messages[start : start + AT_ONCE]
        matches = logs.test_metric_filter(filterPattern=pattern, logEventMessages=part)["matches"]
        found += [part[match["eventNumber"] - 1] for match in matches]
    return found


def _alarm(lab: Lab) -> Why | None:
    found = lab.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    if not found:
        return unmended(f"There is no alarm {ALARM} any more.")
    for name, agreed in definition(lab).items():
        if found[0].get(name) != agreed:
            return unmended(
                f"The alarm is not as it was agreed: {name} is {found[0].get(name)}, not {agreed}.",
                shown(lab, found[0]["AlarmArn"], name, found[0].get(name)),
            )
    return None
