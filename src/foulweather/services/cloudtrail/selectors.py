"""Event selectors: which events a trail logs.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import finding, selector_checks
from foulweather.services.cloudtrail.consuming import Consumers
from foulweather.services.cloudtrail.records import Trail
from foulweather.services.cloudtrail.refusals import refused
from foulweather.services.cloudtrail.state import Trails

Request = Mapping[str, Any]


def put_event_selectors(call: Call, request: Request) -> dict[str, Any]:
    """Set the basic or the advanced selectors of a trail, in place of whichever it has."""
    trail = finding.own_trail(call, request["TrailName"])
    basic, advanced = request.get("EventSelectors"), request.get("AdvancedEventSelectors")
    if basic and advanced:
        raise refused(
            "InvalidEventSelectors",
            "You can use either event selectors or advanced event selectors, but not both.",
            Fact("request", "EventSelectors", len(basic)),
            Fact("request", "AdvancedEventSelectors", len(advanced)),
        )
    if not basic and not advanced:
        raise refused(
            "InvalidEventSelectors",
            "You must specify event selectors or advanced event selectors.",
            Fact("request", "EventSelectors", None),
        )
    kept_basic = selector_checks.checked_basic(basic) if basic else []
    kept_advanced = selector_checks.checked_advanced(advanced, is_store=False) if advanced else []
    for selector in kept_advanced:
        for field in selector["FieldSelectors"]:
            if field["Field"] == "eventCategory" and field["Equals"] == ["NetworkActivity"]:
                raise not_implemented("cloudtrail", "PutEventSelectors.NetworkActivity")
    consumers = Consumers.of(call.world)
    if trail.is_logging:
        consumers.collect(call.pipeline, trail)
    trail.selectors, trail.advanced = kept_basic, kept_advanced
    call.state(Trails).trails.touch(trail.arn)
    consumers.refresh(call.pipeline)
    shown = _shown(trail)
    call.changed(
        "cloudtrail.EventSelectorsPut", trail.arn, EventSelectors=kept_basic, AdvancedEventSelectors=kept_advanced
    )
    return shown


def get_event_selectors(call: Call, request: Request) -> dict[str, Any]:
    """A trail's selectors."""
    return _shown(finding.trail_named(call, request["TrailName"]))


def _shown(trail: Trail) -> dict[str, Any]:
    if trail.advanced:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced}
    return {"TrailARN": trail.arn, "EventSelectors": trail.selectors}
