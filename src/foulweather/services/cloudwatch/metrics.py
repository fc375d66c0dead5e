"""ListMetrics and GetMetricStatistics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.cloudwatch import limits, paging, refusals, series, settling, stats
from foulweather.services.cloudwatch.buckets import Bucket
from foulweather.services.cloudwatch.series import DAY_MS, HOUR_MS
from foulweather.services.cloudwatch.state import Metric, WatchState, Window

Request = Mapping[str, Any]
LISTED_MS = 14 * DAY_MS


def list_metrics(call: Call, request: Request) -> dict[str, Any]:
    """The metrics that had data in the last two weeks, 500 a page."""
    limits.check_model(call, request)
    if request.get("IncludeLinkedAccounts") or request.get("OwningAccount"):
        raise not_implemented("cloudwatch", "ListMetrics.IncludeLinkedAccounts")
    settling.settle(call.world)
    state = call.state(WatchState)
    namespace, name = request.get("Namespace"), request.get("MetricName")
    filters: list[dict[str, str]] = request.get("Dimensions") or []
    since_ms = call.now - (3 * HOUR_MS if request.get("RecentlyActive") else LISTED_MS)
    found = sorted(
        metric
        for metric in state.metrics
        if (namespace is None or metric.namespace == namespace)
        and (name is None or metric.name == name)
        and all(_has(metric, each) for each in filters)
        and state.newest_ms(metric, call.now) >= since_ms
    )
    listed, token = paging.page(found, request.get("NextToken"), limits.METRICS_A_PAGE)
    answer: dict[str, Any] = {"Metrics": [_shown(metric) for metric in listed]}
    if token is not None:
        answer["NextToken"] = token
    return answer


def _shown(metric: Metric) -> dict[str, Any]:
    """A metric as the API tells it."""
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
    }


def _has(metric: Metric, wanted: dict[str, str]) -> bool:
    value = wanted.get("Value")
    return any(name == wanted["Name"] and value in (None, held) for name, held in metric.dimensions)


def get_metric_statistics(call: Call, request: Request) -> dict[str, Any]:
    """Statistics of one metric; the datapoints are in no order that one may rely on."""
    for name in ("Namespace", "MetricName", "StartTime", "EndTime", "Period"):
        if request.get(name) in (None, ""):
            raise refusals.missing(name)
    simple, extended = _wanted(request)
    unit = request.get("Unit")
    if unit is not None:
        limits.checked_unit(unit, "Unit")
    dimensions = limits.checked_dimensions(request.get("Dimensions") or [], "Dimensions")
    period_s, start_ms, end_ms = request["Period"], request["StartTime"], request["EndTime"]
    if period_s not in (1, 5, 10, 20, 30) and (period_s < 60 or period_s % 60):
        raise refusals.invalid("The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.", Period=period_s)
    if start_ms >= end_ms:
        raise refusals.invalid("The parameter StartTime must be less than the parameter EndTime.")
    count = -(-(end_ms - start_ms) // (period_s * 1000))
    if count > limits.DATAPOINTS_MAX:
        raise refusals.combination(
            f"You have requested up to {count:,} datapoints, which exceeds the limit of {limits.DATAPOINTS_MAX:,}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
            Period=period_s,
            datapoints=count,
        )
    settling.settle(call.world)
    start_ms = series.aligned(start_ms, call.now, period_s)
    state = call.state(WatchState)
    metric = Metric(request["Namespace"], request["MetricName"], dimensions)
    window = Window(start_ms, end_ms, call.now, start_ms)
    points: list[dict[str, Any]] = []
    for each in [unit] if unit is not None else list(state.metrics.get(metric, {})):
        for at_ms, bucket in sorted(state.read(metric, each, period_s, window).items()):
            points.append(_point(at_ms, each, bucket, simple, extended))
    return {"Label": request["MetricName"], "Datapoints": points}


def _wanted(request: Request) -> tuple[list[str], list[str]]:
    simple: list[str] = request.get("Statistics") or []
    extended: list[str] = request.get("ExtendedStatistics") or []
    if not simple and not extended:
        raise refusals.missing("Statistics")
    if simple and extended:
        # "You must specify either Statistics or ExtendedStatistics, but not both."
        raise refusals.combination(
            "Must specify either Statistics or ExtendedStatistics, but not both.",
            Statistics=simple,
            ExtendedStatistics=extended,
        )
    for number, name in enumerate(simple, 1):
        if name not in stats.SIMPLE:
            raise refusals.invalid(
                f"The parameter Statistics.member.{number} must be a value in the set "
                "[ Average, Maximum, Minimum, SampleCount, Sum ]."
            )
    for number, name in enumerate(extended, 1):
        if name in stats.SIMPLE or stats.parsed(name) is None:
            raise refusals.invalid(
                f"The value {name} for parameter ExtendedStatistics.member.{number} is not supported."
            )
    return simple, extended


def _point(at_ms: int, unit: str, bucket: Bucket, simple: list[str], extended: list[str]) -> dict[str, Any]:
    point: dict[str, Any] = {"Timestamp": at_ms, "Unit": unit}
    for name in simple:
        if (statistic := stats.parsed(name)) is not None:
            point[name] = statistic(bucket)
    told: dict[str, float] = {}
    for name in extended:
        statistic = stats.parsed(name)
        value = statistic(bucket) if statistic is not None else None
        if value is not None:
            told[name] = value
    if told:
        point["ExtendedStatistics"] = told
    return point
