"""What an alarm goes by: the datapoints of its evaluation range, and when they can be others.

An alarm looks at two periods more than it evaluates: it finds older datapoints where newer are missing. One whose
metrics have nothing new, and whose datapoints cannot change by themselves, need not be looked at.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from foulweather.services.cloudwatch import insights, queries, stats, syntax
from foulweather.services.cloudwatch.alarm_checks import period_of
from foulweather.services.cloudwatch.records import AlarmValue
from foulweather.services.cloudwatch.sampling import NEVER, View
from foulweather.services.cloudwatch.series import Stream
from foulweather.services.cloudwatch.state import Metric, WatchState, Window

MINUTE_MS = 60_000
RANGE_EXTRA = 2
NEVER_MS = NEVER * MINUTE_MS
_BY_THE_CLOCK = frozenset(
    {"ANOMALY_DETECTION_BAND", "SEARCH", "METRICS", "HOUR", "MINUTE", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"}
)
"""Functions whose values change with the time, or that find other metrics."""


class Point(NamedTuple):
    """A datapoint as an alarm sees it: which period before now (1 is the last), its value, and the threshold then."""

    age: int
    at_ms: int
    value: float
    low: float
    high: float
    samples: float
    is_few: bool = False


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


_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class Plan:
    """How an alarm is evaluated: made when it was set, thrown away when it is set anew."""

    __slots__ = (
        "by_clock", "compared", "config", "count", "due_ms", "held", "limit", "metrics", "needed", "period_ms", "seen",
        "statistic", "threshold",
    )  # fmt: skip

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.period_ms = period_of(config) * 1000
        self.seen = -1
        self.due_ms = 0
        self.by_clock = False
        self.limit = 0.0
        self.held: list[dict[str, Stream | View]] | None = None
        self.count: int = config["EvaluationPeriods"]
        self.needed: int = config.get("DatapointsToAlarm") or self.count
        self.compared: Callable[[float, float], bool] | None = None
        self.threshold = 0.0
        self.statistic: stats.Statistic | None = None
        asked: list[dict[str, Any]] | None = config.get("Metrics")
        if asked is None or not asked:
            name = config.get("Statistic") or config["ExtendedStatistic"]
            self.statistic = stats.parsed(name)
            self.limit = _few(name)
            self.metrics = [_metric(config)]
            if self.period_ms == MINUTE_MS and config.get("EvaluateLowSampleCountPercentile") != "ignore":
                self.compared = _COMPARED.get(config["ComparisonOperator"])
                self.threshold = config["Threshold"]
            return
        self.metrics = [_metric(each["MetricStat"]["Metric"]) for each in asked if each.get("MetricStat")]
        for each in asked:
            if text := each.get("Expression"):
                is_query = insights.is_query(text)
                self.by_clock |= is_query or not _BY_THE_CLOCK.isdisjoint(syntax.calls(syntax.parsed(text)))

    def change(self, state: WatchState) -> int:
        """How often the alarm's metrics were added to."""
        total = 0
        if self.held is None:
            found = [held for metric in self.metrics if (held := state.metrics.get(metric)) is not None]
            # Why there is none may be told better when there are others.
            total = len(state.metrics) * (len(self.metrics) - len(found))
            if len(found) == len(self.metrics):
                self.held = found
        else:
            found = self.held
        for held in found:
            for stream in held.values():
                total += stream.change() + 1
        return total

    def is_as_before(self, value: AlarmValue, now_ms: int) -> bool:
        """Whether the newest minutes of one metric all have datapoints, and these make the state there is already.

        Where none is missing, that is all there is to an evaluation; what is missing is looked at in full.
        """
        if self.compared is None or self.statistic is None or not self.held:
            return False
        stream = _only(self.held[0], self.config.get("Unit"))
        last = now_ms // MINUTE_MS
        first = last - self.count
        if not isinstance(stream, Stream) or not stream.has_loose(first):
            return False
        breaching, minutes, threshold = 0, stream.minutes, self.threshold
        for minute in range(first, last):
            bucket = minutes.get(minute)
            found = self.statistic(bucket) if bucket is not None else None
            if found is None:
                return False
            if self.compared(found, threshold):
                breaching += 1
        return value == ("ALARM" if breaching >= self.needed else "OK")

    def settled(self, state: WatchState, points: list[Point], window: Window, needed: int) -> None:
        """After an evaluation: until when it need not be repeated, if nothing comes."""
        self.due_ms = 0
        if self.by_clock:
            return
        is_steady = len(points) == needed and len({point.value for point in points}) == 1
        due_ms = NEVER_MS
        for metric in self.metrics:
            for stream in state.metrics.get(metric, {}).values():
                if isinstance(stream, Stream) and stream.last_ms >= window.start_ms:
                    return
                sampled = stream.zeros if isinstance(stream, Stream) else stream
                if sampled is None:
                    continue
                now_minute = window.now_ms // MINUTE_MS
                if not is_steady and sampled.newest_ms(window.now_ms) >= window.start_ms:
                    return
                due_ms = min(due_ms, sampled.news_minute(now_minute) * MINUTE_MS)
        self.due_ms = due_ms


def _metric(given: Mapping[str, Any]) -> Metric:
    dimensions: list[dict[str, str]] = given.get("Dimensions") or []
    pairs = tuple(sorted((each["Name"], each["Value"]) for each in dimensions))
    return Metric(given["Namespace"], given["MetricName"], pairs)


def window_of(plan: Plan, now_ms: int) -> Window:
    """An alarm's evaluation range."""
    end_ms = now_ms - now_ms % min(plan.period_ms, MINUTE_MS)
    start_ms = end_ms - (plan.config["EvaluationPeriods"] + RANGE_EXTRA) * plan.period_ms
    return Window(start_ms, end_ms, now_ms, end_ms)


def points_of(state: WatchState, plan: Plan, window: Window) -> list[Point]:
    """The datapoints within the evaluation range, the newest first."""
    config, period_ms = plan.config, plan.period_ms
    if plan.statistic is not None:
        return _of_metric(state, plan, window)
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
        Point((window.end_ms - at) // period_ms, at, value, low[at], high[at], 1)
        for at, value in sorted(line.items(), reverse=True)
        if at in low and at in high
    ]


def _of_metric(state: WatchState, plan: Plan, window: Window) -> list[Point]:
    config, period_ms, few = plan.config, plan.period_ms, plan.limit
    statistic, threshold = plan.statistic, config["Threshold"]
    assert statistic is not None
    if period_ms == MINUTE_MS:
        own = _minutes_of_one(state, plan, window)
        if own is not None:
            return own
    has_values = "ExtendedStatistic" in config
    found = state.read(plan.metrics[0], config.get("Unit"), period_ms // 1000, window, has_values=has_values)
    points: list[Point] = []
    for at, bucket in sorted(found.items(), reverse=True):
        value = statistic(bucket)
        if value is not None:
            age = (window.end_ms - at) // period_ms
            points.append(Point(age, at, value, threshold, threshold, bucket.count, bucket.count < few))
    return points


def _minutes_of_one(state: WatchState, plan: Plan, window: Window) -> list[Point] | None:
    """The datapoints of minutes, as the series holds them: most alarms are on one metric of the last few minutes."""
    held = state.metrics.get(plan.metrics[0])
    if held is None:
        return []
    unit = plan.config.get("Unit")
    stream = _only(held, unit)
    first, last = window.start_ms // MINUTE_MS, window.end_ms // MINUTE_MS
    if not isinstance(stream, Stream) or not stream.has_loose(first):
        return [] if unit is not None and stream is None else None
    statistic, threshold, few = plan.statistic, plan.config["Threshold"], plan.limit
    assert statistic is not None
    points: list[Point] = []
    minutes = stream.minutes
    for minute in range(last - 1, first - 1, -1):
        bucket = minutes.get(minute)
        if bucket is not None:
            value = statistic(bucket)
            if value is not None:
                count = bucket.count
                points.append(Point(last - minute, minute * MINUTE_MS, value, threshold, threshold, count, count < few))
    return points


def _only(held: Mapping[str, Stream | View], unit: str | None) -> Stream | View | None:
    """The series of a unit, or the only one that there is."""
    if unit is not None:
        return held.get(unit)
    return next(iter(held.values())) if len(held) == 1 else None


def _few(name: str) -> float:
    """Below how many samples a percentile does not say much.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
    """
    if not name.startswith("p"):
        return 0
    share = float(name[1:]) / 100
    return 10 / (1 - share) if 0.5 <= share < 1 else 10 / share if 0 < share < 0.5 else 0
