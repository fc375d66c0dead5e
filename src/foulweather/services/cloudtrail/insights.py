"""Insights selectors: whether a trail watches for unusual activity.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import finding
from foulweather.services.cloudtrail.consuming import selection_of
from foulweather.services.cloudtrail.records import Trail
from foulweather.services.cloudtrail.refusals import bad_parameter, refused
from foulweather.services.cloudtrail.state import Trails

Request = Mapping[str, Any]


def put_insight_selectors(call: Call, request: Request) -> dict[str, Any]:
    """Set what a trail watches for; an empty list ends it."""
    _only_trails(request, "PutInsightSelectors")
    trail = finding.own_trail(call, request["TrailName"])
    kept: list[dict[str, Any]] = []
    for selector in request["InsightSelectors"]:
        kind: str = selector.get("InsightType") or ""
        if not kind:
            message = "You must specify an Insights type."
            raise refused("InvalidInsightSelectors", message, Fact("request", "InsightType", None))
        if selector.get("EventCategories") and selector["EventCategories"] != ["Management"]:
            raise not_implemented("cloudtrail", "PutInsightSelectors.EventCategories")
        kept.append({"InsightType": kind})
    _check_logs(trail, {each["InsightType"] for each in kept})
    if kept and not trail.insights:
        trail.insights_since_ms = call.now
    trail.insights = kept
    call.state(Trails).trails.touch(trail.arn)
    call.changed("cloudtrail.InsightSelectorsPut", trail.arn, InsightSelectors=kept)
    return {"TrailARN": trail.arn, "InsightSelectors": kept}


def get_insight_selectors(call: Call, request: Request) -> dict[str, Any]:
    """What a trail watches for."""
    _only_trails(request, "GetInsightSelectors")
    trail = finding.trail_named(call, request["TrailName"])
    if not trail.insights:
        raise refused(
            "InsightNotEnabled",
            f"Trail {trail.arn} does not have Insights enabled. Edit the trail settings to enable Insights, and then "
            "try the operation again.",
            call.fact(trail.arn, "InsightSelectors", []),
        )
    return {"TrailARN": trail.arn, "InsightSelectors": trail.insights}


def _only_trails(request: Request, operation: str) -> None:
    if request.get("EventDataStore") or request.get("InsightsDestination"):
        raise not_implemented("cloudtrail", f"{operation}.EventDataStore")
    if not request.get("TrailName"):
        raise bad_parameter("You must specify a trail name or an event data store.", "TrailName", None)


def _check_logs(trail: Trail, kinds: set[str]) -> None:
    """Refuse a trail that does not log what is to be watched: write events for call rates, any for error rates."""
    if kinds and not selection_of(trail).selects_management:
        raise refused(
            "InvalidInsightSelectors",
            "The trail must log management events to log Insights events.",
            Fact(trail.arn, "IncludeManagementEvents", False),
        )
    if "ApiCallRateInsight" in kinds and not trail.advanced:
        logs_writes = any(
            each.get("IncludeManagementEvents", True) and each.get("ReadWriteType") != "ReadOnly"
            for each in trail.selectors
        )
        if not logs_writes:
            raise refused(
                "InvalidInsightSelectors",
                "The trail must log write management events to log Insights events on API call rate.",
                Fact(trail.arn, "ReadWriteType", "ReadOnly"),
            )
