"""Tags of alarms, dashboards, Contributor Insights rules, metric streams and mute rules.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import refusals, tagging
from foulweather.services.cloudwatch.records import Alarm, Dashboard, InsightRule, MetricStream, MuteRule
from foulweather.services.cloudwatch.state import DashboardState, WatchState

Request = Mapping[str, Any]
Tagged = Alarm | Dashboard | InsightRule | MetricStream | MuteRule


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Set tags."""
    found = _found(call, request)
    _set(call, found, tagging.given(request.get("Tags"), found.tags))
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; removing one that is not there is no error."""
    found = _found(call, request)
    keys: list[str] = request.get("TagKeys") or []
    _set(call, found, {key: value for key, value in found.tags.items() if key not in keys})
    return {}


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """A resource's tags."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in _found(call, request).tags.items()]}


def _found(call: Call, request: Request) -> Tagged:
    arn: str = request.get("ResourceARN") or ""
    if not arn:
        raise refusals.missing("ResourceARN")
    found: Tagged | None = None
    if ":alarm:" in arn:
        found = call.state(WatchState).alarm(arn.partition(":alarm:")[2])
    elif ":dashboard/" in arn:
        found = call.state(DashboardState).dashboards.get(arn.partition(":dashboard/")[2])
    elif ":insight-rule/" in arn:
        found = call.state(WatchState).insight_rules.get(arn.partition(":insight-rule/")[2])
    elif ":alarm-mute-rule:" in arn:
        found = call.state(WatchState).mute_rules.get(arn.partition(":alarm-mute-rule:")[2])
    elif ":metric-stream/" in arn:
        found = call.state(WatchState).metric_streams.get(arn.partition(":metric-stream/")[2])
    if found is None or found.arn != arn:
        raise refusals.unknown_resource(arn)
    return found


def _set(call: Call, found: Tagged, tags: dict[str, str]) -> None:
    found.tags = tags
    if isinstance(found, Alarm):
        call.state(WatchState).touch(found)
    elif isinstance(found, InsightRule):
        call.state(WatchState).insight_rules.touch(found.name)
    elif isinstance(found, MetricStream):
        call.state(WatchState).metric_streams.touch(found.name)
    elif isinstance(found, MuteRule):
        call.state(WatchState).mute_rules.touch(found.name)
    else:
        call.state(DashboardState).dashboards.touch(found.name)
    call.changed("cloudwatch.Tagged", found.arn, Tags=tags)
