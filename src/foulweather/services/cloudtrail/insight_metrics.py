"""How often an API was called, or failed, over time: what Insights of management events go by.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListInsightsMetricData.html
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.cloudtrail import event_names, paging, refusals
from foulweather.services.cloudtrail.consuming import Consumers, covers
from foulweather.services.cloudtrail.lookup import SEEN_AFTER_MS
from foulweather.services.cloudtrail.records import Recorded
from foulweather.services.cloudtrail.state import EventHistory

Request = Mapping[str, Any]
DAY_MS: Final = 86_400_000
# "1-minute [data points] are available for 15 days", 5-minute ones for 63 days, those of an hour for 90 days.
KEPT_MS: Final = {60: 15 * DAY_MS, 300: 63 * DAY_MS, 3600: 90 * DAY_MS}
PAGE: Final = 21_600
ERROR_RATE: Final = "ApiErrorRateInsight"


def list_insights_metric_data(call: Call, request: Request) -> dict[str, Any]:
    """Calls a minute of a write API, or failures a minute of any, since a trail has watched for Insights."""
    if request.get("TrailName"):
        raise not_implemented("cloudtrail", "ListInsightsMetricData.TrailName")
    kind, error = request["InsightType"], request.get("ErrorCode") or ""
    if kind == ERROR_RATE and not error:
        message = "ErrorCode is required when InsightType is ApiErrorRateInsight."
        raise refusals.bad_parameter(message, "ErrorCode", None)
    if kind != ERROR_RATE and error:
        message = "ErrorCode can only be specified when InsightType is ApiErrorRateInsight."
        raise refusals.bad_parameter(message, "ErrorCode", error)
    period_s: int = request.get("Period", 3600)
    if period_s not in KEPT_MS:
        raise refusals.bad_parameter("Period must be 60, 300 or 3600.", "Period", period_s)
    start_ms: int = request.get("StartTime", call.now - KEPT_MS[3600])
    end_ms: int = request.get("EndTime", call.now)
    if start_ms > end_ms:
        raise refusals.bad_parameter("StartTime must be before EndTime.", "StartTime", start_ms)
    points = _points(call, request, (start_ms, end_ms), period_s * 1000)
    size = request.get("MaxResults", PAGE)
    names = ("EventSource", "EventName", "InsightType", "ErrorCode", "Period", "DataType", "StartTime", "EndTime")
    asked = json.dumps([request.get(name) for name in names])
    of = hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()
    listed, token = paging.page(points, request.get("NextToken"), size, of)
    told: dict[str, Any] = {
        "EventSource": request["EventSource"],
        "EventName": request["EventName"],
        "InsightType": kind,
        "Timestamps": [at_ms for at_ms, _ in listed],
        "Values": [value for _, value in listed],
    }
    if error:
        told["ErrorCode"] = error
    return {**told, "NextToken": token} if token else told


def _points(call: Call, request: Request, within: tuple[int, int], period_ms: int) -> list[tuple[int, float]]:
    """The rate of each period, by the time at which it begins; what was before a trail watched is not there."""
    since = [
        trail.insights_since_ms
        for trail in Consumers.of(call.world).trails
        if any(each["InsightType"] == request["InsightType"] for each in trail.insights)
        and covers(call.pipeline, trail, call.account, call.region)
    ]
    if not since:
        return []
    oldest_ms = call.now - KEPT_MS[period_ms // 1000]
    earliest_ms = max(within[0], min(since), oldest_ms)
    end_ms = min(within[1], call.now - SEEN_AFTER_MS)
    counts: Counter[int] = Counter()
    history = call.state(EventHistory)
    for number in range(history.next - 1, history.first - 1, -1):
        event = history.at(number)
        if event is None or event.at_ms >= end_ms:
            continue
        if event.at_ms < earliest_ms:
            break
        if _is_counted(event, request):
            counts[event.at_ms - event.at_ms % period_ms] += 1
    first_ms = earliest_ms - earliest_ms % period_ms
    times = range(first_ms, end_ms, period_ms) if request.get("DataType") == "FillWithZeros" else sorted(counts)
    return [(at_ms, counts[at_ms] * 60_000 / period_ms) for at_ms in times]


def _is_counted(event: Recorded, request: Request) -> bool:
    """Call rates are of write APIs alone, error rates of all, by their error."""
    if event_names.source(event.service) != request["EventSource"]:
        return False
    if event_names.event_name(event.service, event.operation) != request["EventName"]:
        return False
    return event.error == request["ErrorCode"] if request["InsightType"] == ERROR_RATE else not event.is_read
