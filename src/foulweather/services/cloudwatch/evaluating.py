"""Metric alarms by the clock: M out of N, missing data, low samples, bands.

Alarms of a minute or more are evaluated once a minute, half a minute after it; those of 10, 20 or 30 seconds every
ten seconds. An alarm looks at two periods more than it evaluates: it finds older datapoints where newer are missing.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.cloudwatch import history, measuring, queries, states, stats
from foulweather.services.cloudwatch.alarm_checks import BANDED, period_of
from foulweather.services.cloudwatch.records import Alarm, AlarmValue, Tick
from foulweather.services.cloudwatch.state import Metric, WatchState, Window

MINUTE_MS = 60_000
DELAY_MS = 30_000
HIGH_MS = 10_000
RANGE_EXTRA = 2
NEXT = "next"
_WORDS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
    "LessThanLowerOrGreaterThanUpperThreshold": "less than the lower thresholds or greater than the upper thresholds",
    "LessThanLowerThreshold": "less than the lower thresholds",
    "GreaterThanUpperThreshold": "greater than the upper thresholds",
}


class Point(NamedTuple):
    """A datapoint as an alarm sees it: which period before now (1 is the last), its value, and the threshold then."""

    age: int
    at_ms: int
    value: float
    low: float
    high: float
    samples: float
    is_few: bool = False


def schedule(call: Call) -> None:
    """Have the alarms evaluated when the next one is due; nothing is on the agenda while there are none."""
    state = call.state(WatchState)
    held = state.ticks.get(NEXT)
    if not state.alarms:
        if held is not None:
            call.world.agenda.cancel(held.seq)
            state.ticks.delete(NEXT)
        return
    if any(period_of(alarm.config) < 60 for alarm in state.alarms.values()):
        when_ms = call.now - call.now % HIGH_MS + HIGH_MS
    else:
        when_ms = (call.now - DELAY_MS) // MINUTE_MS * MINUTE_MS + MINUTE_MS + DELAY_MS
    if held is not None and call.now < held.when_ms <= when_ms:
        return
    if held is not None:
        call.world.agenda.cancel(held.seq)
    state.ticks.put(NEXT, Tick(call.later(when_ms, "cloudwatch.evaluate"), when_ms))


async def evaluate_all(call: Call) -> None:
    """Evaluate the alarms that are due, and put the next evaluation on the agenda."""
    state = call.state(WatchState)
    tick = state.ticks.get(NEXT)
    if tick is None:
        return
    state.ticks.delete(NEXT)
    measuring.settle(call.world)
    # By when it was due, not by now: a clock that runs is a few milliseconds late.
    is_minute = tick.when_ms % MINUTE_MS == DELAY_MS
    try:
        for alarm in list(state.alarms.values()):
            if is_minute or period_of(alarm.config) < 60:
                evaluate(call, state, alarm)
    finally:
        schedule(call)


def evaluate(call: Call, state: WatchState, alarm: Alarm) -> None:
    """Set an alarm's state by its datapoints, and repeat what scaling actions are told every minute."""
    config = alarm.config
    try:
        points = _points(call, state, alarm)
    except AwsError as error:
        if alarm.told != error.message:
            alarm.told = error.message
            state.touch(alarm)
            call.explain("EvaluateAlarm", alarm.arn, Why("failed", f"The alarm cannot be evaluated: {error.message}"))
        return
    if config.get("EvaluateLowSampleCountPercentile") == "ignore" and points:
        kept = [point for point in points if not point.is_few]
        if not kept:
            return
        points = kept
    newest = points[: config["EvaluationPeriods"]]
    found = judged(config, newest, alarm.value)
    if found is None:
        found = alarm.value
    if found != alarm.value:
        reason = _reason(config, newest, found)
        states.put(call, alarm, found, reason, _reason_data(call, config, newest))
    elif found == "ALARM" and call.now - alarm.acted_ms >= MINUTE_MS and alarm.is_enabled:
        _repeat(call, alarm, newest)


def judged(config: Mapping[str, Any], points: list[Point], current: AlarmValue) -> AlarmValue | None:
    """The state that the newest datapoints make; None keeps the one there is.

    The cases are those of AWS's tables: real datapoints count first; only where too few are there does the treatment
    of missing data fill up.
    """
    count = config["EvaluationPeriods"]
    needed = config.get("DatapointsToAlarm") or count
    treatment = config.get("TreatMissingData") or "missing"
    missing = count - len(points)
    breaching = sum(is_breaching(config, point) for point in points)
    if not points:
        empty: dict[str, AlarmValue | None] = {
            "missing": "INSUFFICIENT_DATA", "ignore": None, "breaching": "ALARM", "notBreaching": "OK",
        }  # fmt: skip
        return empty[treatment]
    if missing <= 0 or treatment == "notBreaching":
        return "ALARM" if breaching >= needed else "OK"
    if treatment == "breaching":
        return "ALARM" if breaching + missing >= needed else "OK"
    if breaching >= needed:
        return "ALARM"
    if breaching + missing < needed or breaching < len(points):
        return "OK"
    # Every datapoint there is breaches, but there are not enough: "avoiding premature transitions to alarm state".
    if max(point.age for point in points) >= needed and treatment == "missing":
        return "ALARM"
    return None


def is_breaching(config: Mapping[str, Any], point: Point) -> bool:
    """Whether a datapoint is on the wrong side of the threshold."""
    value, low, high = point.value, point.low, point.high
    match config["ComparisonOperator"]:
        case "GreaterThanThreshold":
            return value > high
        case "GreaterThanOrEqualToThreshold":
            return value >= high
        case "LessThanThreshold":
            return value < low
        case "LessThanOrEqualToThreshold":
            return value <= low
        case "LessThanLowerThreshold":
            return value < low
        case "GreaterThanUpperThreshold":
            return value > high
        case _:
            return value < low or value > high


# --- datapoints


def _points(call: Call, state: WatchState, alarm: Alarm) -> list[Point]:
    """The datapoints within the evaluation range, the newest first."""
    config = alarm.config
    period_ms = period_of(config) * 1000
    step_ms = min(period_ms, MINUTE_MS)
    end_ms = call.now - call.now % step_ms
    start_ms = end_ms - (config["EvaluationPeriods"] + RANGE_EXTRA) * period_ms
    window = Window(start_ms, end_ms, call.now, end_ms)
    if not config.get("Metrics"):
        return _of_metric(state, config, window, period_ms)
    evaluation = queries.Evaluation(state, config["Metrics"], window)
    band = config.get("ThresholdMetricId")
    watched = next(each["Id"] for each in config["Metrics"] if each.get("ReturnData", True) and each["Id"] != band)
    lines = evaluation.results(watched)
    line = lines[0].points if lines else {}
    threshold = config.get("Threshold") or 0.0
    low = high = dict.fromkeys(line, threshold)
    if band is not None:
        edges = evaluation.results(band)
        high, low = (edges[0].points, edges[1].points) if len(edges) == 2 else ({}, {})
    return [
        Point((end_ms - at) // period_ms, at, value, low[at], high[at], 1)
        for at, value in sorted(line.items(), reverse=True)
        if at in low and at in high
    ]


def _of_metric(state: WatchState, config: Mapping[str, Any], window: Window, period_ms: int) -> list[Point]:
    given: list[dict[str, str]] = config.get("Dimensions") or []
    metric = Metric(
        config["Namespace"], config["MetricName"], tuple(sorted((each["Name"], each["Value"]) for each in given))
    )
    name = config.get("Statistic") or config["ExtendedStatistic"]
    statistic = stats.parsed(name)
    assert statistic is not None
    few = _few(name)
    points: list[Point] = []
    for at, bucket in sorted(state.read(metric, config.get("Unit"), period_ms // 1000, window).items(), reverse=True):
        value = statistic(bucket)
        if value is not None:
            age, limit = (window.end_ms - at) // period_ms, config["Threshold"]
            points.append(Point(age, at, value, limit, limit, bucket.count, bucket.count < few))
    return points


def _few(name: str) -> float:
    """Below how many samples a percentile does not say much.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
    """
    if not name.startswith("p"):
        return 0
    share = float(name[1:]) / 100
    return 10 / (1 - share) if 0.5 <= share < 1 else 10 / share if 0 < share < 0.5 else 0


# --- words


def _shown(value: float) -> str:
    return repr(float(value))


def _reason(config: Mapping[str, Any], points: list[Point], found: AlarmValue) -> str:
    count = config["EvaluationPeriods"]
    needed = config.get("DatapointsToAlarm") or count
    treatment = (config.get("TreatMissingData") or "missing").capitalize()
    if treatment == "Notbreaching":
        treatment = "NonBreaching"
    if not points:
        if found == "INSUFFICIENT_DATA":
            return f"Insufficient Data: {_plural(count, 'datapoint')} {'was' if count == 1 else 'were'} unknown."
        return (
            f"Threshold Crossed: no datapoints were received for {_plural(count, 'period')} and "
            f"{_plural(count, 'missing datapoint')} {'was' if count == 1 else 'were'} treated as [{treatment}]."
        )
    told = [point for point in points if is_breaching(config, point) == (found == "ALARM")] or points
    listed = ", ".join(
        f"{_shown(point.value)} ({datetime.fromtimestamp(point.at_ms // 1000, UTC):%d/%m/%y %H:%M:%S})"
        for point in told[:5]
    )
    verb = "was" if len(told) == 1 else "were"
    negation = "" if found == "ALARM" else "not "
    words = _WORDS[config["ComparisonOperator"]]
    if config["ComparisonOperator"] in BANDED:
        edges = ", ".join(_shown(point.low if "Lower" in words else point.high) for point in told[:5])
        end = f"{verb} {negation}{words} [{edges}]"
    else:
        end = f"{verb} {negation}{words} the threshold ({_shown(config['Threshold'])})"
    limit = needed if found == "ALARM" else count - needed + 1
    sides = "OK -> ALARM" if found == "ALARM" else "ALARM -> OK"
    heading = f"{len(told)} out of the last {len(points)} datapoints [{listed}] {end}"
    return f"Threshold Crossed: {heading} (minimum {_plural(limit, 'datapoint')} for {sides} transition)."


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _reason_data(call: Call, config: Mapping[str, Any], points: list[Point]) -> str:
    data: dict[str, Any] = {"version": "1.0", "queryDate": history.stamp(call.now)}
    if points:
        data["startDate"] = history.stamp(points[-1].at_ms)
    if config.get("Statistic") or config.get("ExtendedStatistic"):
        data["statistic"] = config.get("Statistic") or config["ExtendedStatistic"]
    data["period"] = period_of(config)
    data["recentDatapoints"] = [point.value for point in reversed(points)]
    if config.get("Threshold") is not None:
        data["threshold"] = config["Threshold"]
    elif points:
        data["recentLowerThresholds"] = [point.low for point in reversed(points)]
        data["recentUpperThresholds"] = [point.high for point in reversed(points)]
    data["evaluatedDatapoints"] = [
        {"timestamp": history.stamp(point.at_ms), "sampleCount": point.samples, "value": point.value}
        for point in points
    ]
    return json.dumps(data)[:4000]


def _repeat(call: Call, alarm: Alarm, points: list[Point]) -> None:
    """Tell scaling policies again: "the alarm continues to invoke the action once per minute" while it is in ALARM."""
    actions: list[str] = alarm.config.get("AlarmActions") or []
    scaling = [arn for arn in actions if ":scalingPolicy:" in arn]
    if not scaling:
        return
    alarm.acted_ms = call.now
    call.state(WatchState).touch(alarm)
    for arn in scaling:
        tell_scaling(call, alarm, arn, points[0].value if points else last_value(alarm.reason_data))


def last_value(reason_data: str) -> float:
    """The newest datapoint of those that led to a state."""
    recent: list[float] = json.loads(reason_data or "{}").get("recentDatapoints") or [0.0]
    return recent[-1]


def tell_scaling(call: Call, alarm: Alarm, arn: str, value: float) -> None:
    """Ask for the execution of a scaling policy."""
    threshold = alarm.config.get("Threshold") or 0.0
    call.happened("cloudwatch.AlarmAction", alarm.arn, action=arn, alarm=alarm.name, value=value, threshold=threshold)
