"""GetMetricData: queries of metrics and of metric math, a page of datapoints at a time.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import limits, paging, queries, refusals, series, settling
from foulweather.services.cloudwatch.state import WatchState, Window

Request = Mapping[str, Any]
_ZONE = re.compile(r"[+-][0-1]\d[0-5]\d")


def get_metric_data(call: Call, request: Request) -> dict[str, Any]:
    """Compute what the queries ask for."""
    limits.check_model(call, request)
    asked: list[dict[str, Any]] = request["MetricDataQueries"]
    if len(asked) > limits.QUERIES_MAX:
        raise refusals.validation(
            f"The collection MetricDataQueries must not have a size greater than {limits.QUERIES_MAX}."
        )
    if not asked:
        raise refusals.validation("The collection MetricDataQueries must not be empty.")
    if request["StartTime"] >= request["EndTime"]:
        raise refusals.validation("The parameter EndTime must be greater than StartTime.")
    options: dict[str, str] = request.get("LabelOptions") or {}
    zone = options.get("Timezone")
    if zone is not None and not _ZONE.fullmatch(zone):
        raise refusals.validation("The value for parameter LabelOptions.Timezone must be of the form [+-]HHMM.")
    if request.get("ScanBy") not in (None, "TimestampAscending", "TimestampDescending"):
        raise refusals.validation("The value for parameter ScanBy is invalid.")
    size = request.get("MaxDatapoints") or limits.POINTS_A_PAGE
    if not 1 <= size <= limits.POINTS_A_PAGE:
        raise refusals.validation(f"The parameter MaxDatapoints must be between 1 and {limits.POINTS_A_PAGE}.")
    queries.check(asked)
    start = paging.offset(request.get("NextToken"))
    settling.settle(call.world)
    window = _window(call, request, asked)
    evaluation = queries.Evaluation(call.state(WatchState), asked, window)
    ascends = request.get("ScanBy") == "TimestampAscending"
    results: list[dict[str, Any]] = []
    for query in asked:
        if not query.get("ReturnData", True):
            continue
        for line in evaluation.results(query["Id"]):
            times = sorted(line.points, reverse=not ascends)
            values = [float(line.points[at]) for at in times]
            results.append({"Id": query["Id"], "Label": line.label, "Timestamps": times, "Values": values})
    if not any(query.get("ReturnData", True) for query in asked):
        raise refusals.validation("At least one of the queries must have ReturnData true.")
    call.happened("cloudwatch.MetricsRequested", "*", metrics=len(evaluation.asked))
    return _page(results, start, size)


def _window(call: Call, request: Request, asked: list[dict[str, Any]]) -> Window:
    periods: list[int] = [
        query["MetricStat"]["Period"] if query.get("MetricStat") else query.get("Period", 60) for query in asked
    ]
    start_ms = series.aligned(request["StartTime"], call.now, min(periods))
    # A period that began before StartTime is told whole, at the time at which it began.
    longest_ms = max(periods) * 1000
    if longest_ms <= 86_400_000:
        start_ms -= start_ms % (min(periods) * 1000 if min(periods) == max(periods) else 1)
    return Window(start_ms, request["EndTime"], call.now)


def _page(results: list[dict[str, Any]], start: int, size: int) -> dict[str, Any]:
    """The datapoints of a page; a result that goes on is PartialData."""
    told: list[dict[str, Any]] = []
    position, left = 0, size
    for result in results:
        count = len(result["Values"])
        first = max(0, start - position)
        position += count
        if first and first >= count:
            continue
        if left <= 0 and count:
            break
        last = min(count, first + left)
        left -= last - first
        page = {**result, "Timestamps": result["Timestamps"][first:last], "Values": result["Values"][first:last]}
        page["StatusCode"] = "Complete" if last == count else "PartialData"
        told.append(page)
    answer: dict[str, Any] = {"MetricDataResults": told, "Messages": []}
    if start + size < sum(len(result["Values"]) for result in results):
        answer["NextToken"] = paging.token_of(start + size)
    return answer
