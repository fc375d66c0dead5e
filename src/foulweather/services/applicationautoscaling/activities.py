"""Scaling activities of the last six weeks, as DescribeScalingActivities tells them.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.applicationautoscaling import limits
from foulweather.services.applicationautoscaling.paging import page
from foulweather.services.applicationautoscaling.records import Activity
from foulweather.services.applicationautoscaling.state import ScalingState


def describe_scaling_activities(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """The activities of a namespace, the latest first; those that scaled nothing only when asked for."""
    resource_id, dimension = request.get("ResourceId"), request.get("ScalableDimension")
    if dimension is not None and resource_id is None:
        raise limits.invalid("ResourceId must be specified with ScalableDimension")
    with_not_scaled = request.get("IncludeNotScaledActivities", False)
    found = [
        activity
        for activity in call.state(ScalingState).activities.values()
        if activity.namespace == request["ServiceNamespace"]
        and resource_id in (None, activity.resource_id)
        and dimension in (None, activity.dimension)
        and (with_not_scaled or not activity.reasons)
        and activity.started_ms >= call.now - limits.ACTIVITIES_MS
    ]
    found.sort(key=lambda activity: -activity.number)
    return page(request, "ScalingActivities", [_shape(activity) for activity in found])


def _shape(activity: Activity) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "ActivityId": activity.id,
        "ServiceNamespace": activity.namespace,
        "ResourceId": activity.resource_id,
        "ScalableDimension": activity.dimension,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.started_ms,
        "StatusCode": activity.status,
    }
    further = {"EndTime": activity.ended_ms, "StatusMessage": activity.message, "NotScaledReasons": activity.reasons}
    return shape | {name: value for name, value in further.items() if value}
