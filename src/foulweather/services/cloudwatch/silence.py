"""Why an alarm has no data: no such metric, other dimensions, another unit, periods that are too short, a time ago.

What an alarm watches and what is published meet by namespace, name and every dimension: "CloudWatch treats each unique
combination of dimensions as a separate metric, even if the metrics have the same metric name."
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
"""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.cloudwatch import history
from foulweather.services.cloudwatch.datapoints import MINUTE_MS, Plan
from foulweather.services.cloudwatch.records import Alarm
from foulweather.services.cloudwatch.state import Metric, WatchState, Window

NEAR_MS = 15 * 86_400_000


def tell(call: Call, state: WatchState, alarm: Alarm, plan: Plan, window: Window) -> None:
    """Put on record why there is no datapoint in an alarm's range: once, until the reason is another."""
    for metric in plan.metrics:
        why = _why(call, state, alarm, plan, (metric, window))
        if why is None:
            continue
        if alarm.told != why.cause:
            alarm.told = why.cause
            state.touch(alarm)
            call.explain("EvaluateAlarm", alarm.arn, why, "InsufficientData")
        return


def _why(call: Call, state: WatchState, alarm: Alarm, plan: Plan, looked: tuple[Metric, Window]) -> Why | None:
    metric, window = looked
    held = state.metrics.get(metric)
    newest_ms = state.newest_ms(metric, call.now) if held else 0
    if not held or newest_ms <= 0:
        return _unknown(call, state, alarm, metric)
    unit = alarm.config.get("Unit")
    if unit is not None and unit not in held:
        cause = f"{_shown(metric)} is published in {', '.join(sorted(held))}, and the alarm asks for {unit}."
        facts = (call.fact(alarm.arn, "Unit", unit), Fact(_shown(metric), "Unit", sorted(held)))
        return Why("failed", cause, facts, (_remedy(alarm, Unit=None),))
    at = history.stamp(newest_ms)
    period_s = plan.period_ms // 1000
    facts = (
        call.fact(alarm.arn, "Period", period_s),
        call.fact(alarm.arn, "EvaluationPeriods", alarm.config["EvaluationPeriods"]),
        Fact(_shown(metric), "last datapoint", at),
    )
    if newest_ms >= window.start_ms:
        if plan.period_ms < MINUTE_MS:
            cause = (
                f"{_shown(metric)} is published at standard resolution, a datapoint a minute; periods of {period_s} "
                "seconds have none."
            )
            return Why("failed", cause, facts, (_remedy(alarm, Period=60),))
        return None
    gap_s = _usual_gap_s(state, metric, window)
    covered_s = (window.end_ms - window.start_ms) // 1000
    if gap_s > covered_s:
        cause = (
            f"{_shown(metric)} has a datapoint about every {gap_s} seconds; the alarm looks at the last {covered_s} "
            f"seconds ({alarm.config['EvaluationPeriods']} periods of {period_s}, and two more)."
        )
        period = -(-gap_s // 60) * 60
        return Why("failed", cause, (*facts, Fact(_shown(metric), "interval", gap_s)), (_remedy(alarm, Period=period),))
    cause = f"{_shown(metric)} had its last datapoint at {at}: nothing publishes it any more."
    treatment = call.fact(alarm.arn, "TreatMissingData", alarm.config.get("TreatMissingData") or "missing")
    return Why("failed", cause, (*facts, treatment), (_remedy(alarm, TreatMissingData="breaching"),))


def _usual_gap_s(state: WatchState, metric: Metric, window: Window) -> int:
    """How long it mostly was from one datapoint to the next, 0 when there are too few to tell."""
    newest_ms = state.newest_ms(metric, window.now_ms)
    look = Window(newest_ms - NEAR_MS, newest_ms + MINUTE_MS, newest_ms + MINUTE_MS)
    times = sorted(state.read(metric, None, 60, look, has_values=False))[-50:]
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    return gaps[len(gaps) // 2] // 1000 if len(gaps) >= 2 else 0


# --- metrics that are not there


def _unknown(call: Call, state: WatchState, alarm: Alarm, metric: Metric) -> Why:
    same = [each for each in state.metrics if each[:2] == metric[:2]]
    if same:
        return _other_dimensions(call, alarm, metric, min(same, key=lambda each: (_apart(metric, each), each)))
    names = sorted({each.name for each in state.metrics if each.namespace == metric.namespace})
    if names:
        near = difflib.get_close_matches(metric.name, names, 1, 0.6)
        told = f"; the nearest is {near[0]}" if near else ""
        cause = f"Nothing was ever published as {metric.name} in {metric.namespace}{told}."
        facts = (call.fact(alarm.arn, "MetricName", metric.name), Fact(metric.namespace, "MetricNames", names[:20]))
        return Why("failed", cause, facts, (_remedy(alarm, MetricName=near[0]),) if near else ())
    namespaces = sorted({each.namespace for each in state.metrics})
    near = difflib.get_close_matches(metric.namespace, namespaces, 1, 0.6)
    told = f"; the nearest is {near[0]}" if near else ""
    cause = f"There are no metrics of the namespace {metric.namespace} in {call.region}{told}."
    facts = (call.fact(alarm.arn, "Namespace", metric.namespace), Fact(call.region, "Namespaces", namespaces[:20]))
    return Why("failed", cause, facts, (_remedy(alarm, Namespace=near[0]),) if near else ())


def _apart(wanted: Metric, there: Metric) -> float:
    """How much two sets of dimensions differ: a name more or less counts most, then a value by its letters."""
    first, second = dict(wanted.dimensions), dict(there.dimensions)
    total = 2.0 * len(first.keys() ^ second.keys())
    for name in first.keys() & second.keys():
        total += 1 - difflib.SequenceMatcher(None, first[name], second[name]).ratio()
    return total


def _other_dimensions(call: Call, alarm: Alarm, metric: Metric, nearest: Metric) -> Why:
    differences = "; ".join(_differences(dict(metric.dimensions), dict(nearest.dimensions)))
    cause = (
        f"{metric.namespace} {metric.name} is published, but not with the dimensions that the alarm names: the nearest "
        f"is {_shown(nearest)} ({differences})."
    )
    given = [{"Name": name, "Value": value} for name, value in nearest.dimensions]
    facts = (
        call.fact(alarm.arn, "Dimensions", dict(metric.dimensions)),
        Fact(f"{metric.namespace} {metric.name}", "Dimensions", dict(nearest.dimensions)),
    )
    return Why("failed", cause, facts, (_remedy(alarm, Dimensions=given),))


def _differences(wanted: dict[str, str], there: dict[str, str]) -> Iterator[str]:
    for name in sorted(wanted.keys() | there.keys()):
        if name not in there:
            yield f"without {name}"
        elif name not in wanted:
            yield f"with {name}={there[name]}"
        elif wanted[name] != there[name]:
            yield f"{name}={there[name]}, not {wanted[name]}"


def _shown(metric: Metric) -> str:
    pairs = ", ".join(f"{name}={value}" for name, value in metric.dimensions)
    return f"{metric.namespace} {metric.name}" + (f" {{{pairs}}}" if pairs else "")


def _remedy(alarm: Alarm, **changed: Any) -> str:
    """PutMetricAlarm with the whole alarm, for it replaces what was there."""
    config = {name: value for name, value in {**alarm.config, **changed}.items() if value is not None}
    return f"aws cloudwatch put-metric-alarm --cli-input-json {shlex.quote(json.dumps(config))}"
