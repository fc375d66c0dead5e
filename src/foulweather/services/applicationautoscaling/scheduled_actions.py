"""Scheduled actions: put, described, deleted.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.applicationautoscaling import bounding, limits, schedules
from foulweather.services.applicationautoscaling.paging import page
from foulweather.services.applicationautoscaling.records import ScheduledAction, Target
from foulweather.services.applicationautoscaling.state import ScalingState

Request = Mapping[str, Any]


def put_scheduled_action(call: Call, request: Request) -> dict[str, Any]:
    """Make a scheduled action or change one: start and end times that are not given are deleted."""
    state = call.state(ScalingState)
    name = request["ScheduledActionName"]
    held = _held(state, request)
    schedule = request.get("Schedule") or (held.schedule if held is not None else None)
    if schedule is None:
        raise limits.invalid("Schedule must be specified when creating a scheduled action")
    zone_name: str = request.get("Timezone") or (held.timezone if held is not None else "")
    zone = schedules.checked_zone(zone_name)
    schedules.check(schedule, zone)
    start_ms, end_ms = request.get("StartTime", 0), request.get("EndTime", 0)
    if start_ms and end_ms and end_ms <= start_ms:
        raise limits.invalid("EndTime must be later than StartTime", *limits.facts(StartTime=start_ms, EndTime=end_ms))
    if end_ms and end_ms <= call.now:
        raise limits.invalid("EndTime must be in the future", *limits.facts(EndTime=end_ms))
    if request.get("Schedule") and schedules.is_once(schedule) and schedules.next_run(schedule, zone, call.now) is None:
        raise limits.invalid("The scheduled time must be in the future", *limits.facts(Schedule=schedule))
    low, high = _bounds(request, held)
    target = state.registered(request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"])
    if held is None and len(state.scheduled_of(target)) >= limits.SCHEDULED_MAX:
        raise limits.exceeded("Scheduled actions per scalable target", limits.SCHEDULED_MAX)
    action = held or ScheduledAction(
        id=call.world.ids.uuid(), name=name, target=target.key, schedule=schedule, created_ms=call.now
    )
    call.world.agenda.cancel(action.due)
    action.schedule, action.timezone = schedule, zone_name
    action.start_ms, action.end_ms, action.min_units, action.max_units = start_ms, end_ms, low, high
    state.scheduled.put(action.key, action)
    bounding.plan(call, state, action)
    call.changed(
        "application-autoscaling.ScheduledActionPut",
        action.arn(target),
        Schedule=schedule,
        Timezone=zone_name,
        MinCapacity=low,
        MaxCapacity=high,
    )
    return {}


def _held(state: ScalingState, request: Request) -> ScheduledAction | None:
    target = state.target(request["ResourceId"], request["ScalableDimension"])
    return None if target is None else state.scheduled.get(f"{target.key} {request['ScheduledActionName']}")


def _bounds(request: Request, held: ScheduledAction | None) -> tuple[int | None, int | None]:
    """The new minimum and maximum: "You can set both values or just one"."""
    given: dict[str, int] | None = request.get("ScalableTargetAction")
    if given is None and held is not None:
        return held.min_units, held.max_units
    given = given or {}
    low, high = given.get("MinCapacity"), given.get("MaxCapacity")
    if low is None and high is None:
        raise limits.invalid("ScalableTargetAction must have MinCapacity, MaxCapacity or both")
    limits.check_units("MinCapacity", low)
    limits.check_units("MaxCapacity", high)
    if low is not None and high is not None:
        limits.checked_bounds(low, high)
    return low, high


def delete_scheduled_action(call: Call, request: Request) -> dict[str, Any]:
    """Delete a scheduled action."""
    state = call.state(ScalingState)
    namespace, resource_id, dimension = (request[n] for n in ("ServiceNamespace", "ResourceId", "ScalableDimension"))
    target, action = state.target(resource_id, dimension), _held(state, request)
    if target is None or action is None or target.namespace != namespace:
        raise limits.not_found("No scheduled action found for", namespace, resource_id, dimension)
    call.world.agenda.cancel(action.due)
    state.scheduled.delete(action.key)
    call.changed("application-autoscaling.ScheduledActionDeleted", action.arn(target), Schedule=None)
    return {}


def describe_scheduled_actions(call: Call, request: Request) -> dict[str, Any]:
    """The scheduled actions of a namespace."""
    names, resource_id, dimension = (
        request.get(n) for n in ("ScheduledActionNames", "ResourceId", "ScalableDimension")
    )
    if dimension is not None and resource_id is None:
        raise limits.invalid("ResourceId must be specified with ScalableDimension")
    state = call.state(ScalingState)
    found = [
        _shape(target, action)
        for action in state.scheduled.values()
        if (target := state.targets[action.target]).namespace == request["ServiceNamespace"]
        and (not names or action.name in names)
        and resource_id in (None, target.resource_id)
        and dimension in (None, target.dimension)
    ]
    return page(request, "ScheduledActions", found)


def _shape(target: Target, action: ScheduledAction) -> dict[str, Any]:
    bounds = {"MinCapacity": action.min_units, "MaxCapacity": action.max_units}
    shape: dict[str, Any] = {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": action.arn(target),
        "ServiceNamespace": target.namespace,
        "Schedule": action.schedule,
        "ResourceId": target.resource_id,
        "ScalableDimension": target.dimension,
        "ScalableTargetAction": {name: units for name, units in bounds.items() if units is not None},
        "CreationTime": action.created_ms,
    }
    further = {"Timezone": action.timezone, "StartTime": action.start_ms, "EndTime": action.end_ms}
    return shape | {name: value for name, value in further.items() if value}
