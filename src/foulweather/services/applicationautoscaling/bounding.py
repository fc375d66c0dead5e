"""A target's bounds: bringing the capacity within them, and moving them by schedule."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.applicationautoscaling import acting, limits, schedules
from foulweather.services.applicationautoscaling.records import Activity, ScheduledAction, Status, Target
from foulweather.services.applicationautoscaling.state import ScalingState


async def adjust(call: Call, state: ScalingState, target: Target) -> None:
    """Set a capacity that is out of bounds to the nearer one; while another activity runs, after it."""
    if not await looked_at(call, state, target):
        return
    if target.min_units <= target.units <= target.max_units:
        return
    is_low = target.units < target.min_units
    wanted = target.min_units if is_low else target.max_units
    cause = f"{'minimum' if is_low else 'maximum'} capacity was set to {wanted}"
    code = await acting.attempt(call, state, target, wanted, cause)
    if code == acting.BUSY:
        now_ms = call.world.clock.now_ms
        call.later(now_ms + limits.RETRY_MS, "application-autoscaling.adjust", target=target.key)
    elif code == acting.UNSCALABLE:
        why = Why("dropped", f"{target.resource_arn} is in on-demand mode and has no capacity to set.")
        call.explain("Adjust", target.resource_arn, why, code)


async def looked_at(call: Call, state: ScalingState, target: Target) -> bool:
    """Note the capacity that a target has now; False when it cannot be seen, which is put on record."""
    try:
        now = await acting.seen(call, target)
    except AwsError as error:
        why = Why("failed", f"The capacity of {target.resource_arn} cannot be seen.", because=(error.why,))
        call.explain("DescribeTable", target.resource_arn, why, error.code)
        return False
    target.units = now.units(target)
    state.targets.touch(target.key)
    return True


async def run(call: Call, state: ScalingState, action: ScheduledAction) -> None:
    """Move a target's bounds as a scheduled action says, bring its capacity within them, and schedule the next run."""
    target = state.targets[action.target]
    plan(call, state, action)
    arn = action.arn(target)
    if target.is_suspended("ScheduledScalingSuspended"):
        facts = (call.fact(target.arn, "ScheduledScalingSuspended", True),)
        cause = f"ScheduledScalingSuspended is set for {target.resource_arn}: {action.name} does not run."
        remedy = (
            f"aws application-autoscaling register-scalable-target --service-namespace {target.namespace} "
            f"--resource-id {target.resource_id} --scalable-dimension {target.dimension} "
            "--suspended-state ScheduledScalingSuspended=false",
        )
        call.explain("ScheduledAction", arn, Why("dropped", cause, facts, remedy), "ScheduledScalingSuspended")
        return
    low = target.min_units if action.min_units is None else action.min_units
    high = target.max_units if action.max_units is None else action.max_units
    cause = f"scheduled action name {action.name} was triggered"
    words = " and ".join(
        f"{name} capacity to {units}"
        for name, units in (("min", action.min_units), ("max", action.max_units))
        if units is not None
    )
    if low > high:
        message = f"Failed to set {words}. Reason: Maximum capacity cannot be less than minimum capacity"
        _note(call, state, target, cause, words, "Failed", message)
        facts = (call.fact(target.arn, "MinCapacity", low), call.fact(target.arn, "MaxCapacity", high))
        call.explain("ScheduledAction", arn, Why("failed", message, facts), "ValidationException")
        return
    target.min_units, target.max_units = low, high
    state.targets.touch(target.key)
    call.changed("application-autoscaling.ScheduledActionRun", target.arn, MinCapacity=low, MaxCapacity=high)
    _note(call, state, target, cause, words, "Successful", f"Successfully set {words}")
    await adjust(call, state, target)


def plan(call: Call, state: ScalingState, action: ScheduledAction) -> None:
    """Put a scheduled action's next run on the agenda, if it has one before its end."""
    zone = schedules.checked_zone(action.timezone)
    begins_ms = action.start_ms or action.created_ms
    # The start time itself may be a run's time, and so does a rate's; now may not, for that run is this one.
    after_ms = max(call.now, action.start_ms - 1)
    if action.start_ms > call.now and action.schedule.startswith("rate("):
        when_ms: int | None = action.start_ms
    else:
        when_ms = schedules.next_run(action.schedule, zone, after_ms, begins_ms=begins_ms)
    if when_ms is None or (action.end_ms and when_ms > action.end_ms):
        action.due = 0
    else:
        action.due = call.later(when_ms, "application-autoscaling.run_scheduled", scheduled=action.key)
    state.scheduled.touch(action.key)


def abandon(call: Call, state: ScalingState, activity: Activity) -> None:
    """End an activity whose target was deregistered."""
    activity.status, activity.ended_ms = "Unfulfilled", call.now
    activity.message = "The scalable target was deregistered."
    state.activities.touch(activity.id)


def _note(
    call: Call, state: ScalingState, target: Target, cause: str, words: str, status: Status, message: str
) -> None:
    activity = Activity(
        id=call.world.ids.uuid(),
        target=target.key,
        namespace=target.namespace,
        resource_id=target.resource_id,
        dimension=target.dimension,
        description=f"Setting {words}",
        cause=cause,
        started_ms=call.now,
        ended_ms=call.now,
        status=status,
        message=message,
    )
    state.add_activity(activity, call.now)
