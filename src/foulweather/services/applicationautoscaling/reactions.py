"""What Application Auto Scaling does when a time has come, and on what other services tell.

CloudWatch asks for a step policy's execution by the event `cloudwatch.AlarmAction`: its resource is the alarm's ARN,
its facts are `action` (the policy's ARN, as in AlarmActions), `alarm` (its name), `value` (the newest datapoint, in
the alarm's statistic) and `threshold`. It tells it every minute for as long as the alarm is in state ALARM, as
CloudWatch does for scaling actions.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-actions
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.applicationautoscaling import acting, alarms, bounding, limits, stepping, tracking
from foulweather.services.applicationautoscaling.consumption import (
    NEXT,
    Consumption,
    begin,
    noted_throttle,
    noted_use,
)
from foulweather.services.applicationautoscaling.state import ScalingState
from foulweather.world.journal import Event
from foulweather.world.world import World

# --- events


def note_consumption(world: World, event: Event) -> None:
    """Count what a request used of a table that a policy follows."""
    noted_use(world, event)


def note_throttle(world: World, event: Event) -> None:
    """Count a throttled request of a table that a policy follows."""
    noted_throttle(world, event)


def note_capacity(world: World, event: Event) -> None:
    """When somebody else sets a target's capacity, have its alarms fitted to it after three periods."""
    units = {name: event.facts.get(name) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
    if not any(units.values()):
        return
    place = event.resource.split(":")
    state = world.state(ScalingState, place[4], place[3])
    for target in state.targets.values():
        new = units[f"{target.direction}CapacityUnits"]
        if target.resource_arn == event.resource and new and new != target.units and not target.activity:
            world.agenda.at(
                event.at_ms + limits.REPROVISIONED_MS,
                "application-autoscaling.reprovisioned",
                {"target": target.key},
                account=place[4],
                region=place[3],
            )


def note_alarm_action(world: World, event: Event) -> None:
    """Execute the policy that an alarm asks for."""
    facts = event.facts
    if ":scalingPolicy:" not in facts["action"]:
        return
    place = facts["action"].split(":")
    args = {
        "policy": facts["action"],
        "alarm": facts["alarm"],
        "value": facts["value"],
        "threshold": facts["threshold"],
    }
    world.agenda.at(event.at_ms, "application-autoscaling.execute_policy", args, account=place[4], region=place[3])


# --- times


async def evaluate(call: Call) -> None:
    """Evaluate every alarm for the minute that has ended, and again in a minute while there is something to see."""
    state, consumption = call.state(ScalingState), call.world.state(Consumption)
    minute = (call.now - limits.METRIC_DELAY_MS) // limits.MINUTE_MS - 1
    for key in list(state.targets):
        target = state.targets.get(key)
        if target is not None:
            await tracking.consider(call, state, target, minute)
    if consumption.is_quiet(state, minute - limits.LOW_MINUTES + 1):
        state.evaluations.delete(NEXT)
        consumption.awake.discard((state.account, state.region))
    else:
        begin(call.world, state.account, state.region, call.now)


async def fulfil(call: Call, target: str, activity: str) -> None:
    """See whether an activity has been carried out."""
    state = call.state(ScalingState)
    found, held = state.targets.get(target), state.activities.get(activity)
    if held is None or held.status != "InProgress":
        return
    if found is None:
        bounding.abandon(call, state, held)
    else:
        await acting.fulfil(call, state, found, held)


async def retry(call: Call, target: str, activity: str) -> None:
    """Try a pending activity again."""
    state = call.state(ScalingState)
    found, held = state.targets.get(target), state.activities.get(activity)
    if held is None or held.status != "Pending":
        return
    if found is None:
        bounding.abandon(call, state, held)
    else:
        await acting.retry(call, state, found, held)


async def adjust(call: Call, target: str) -> None:
    """Bring a target's capacity within its bounds."""
    state = call.state(ScalingState)
    found = state.targets.get(target)
    if found is not None:
        await bounding.adjust(call, state, found)


async def run_scheduled(call: Call, scheduled: str) -> None:
    """Run a scheduled action."""
    state = call.state(ScalingState)
    found = state.scheduled.get(scheduled)
    if found is not None:
        await bounding.run(call, state, found)


async def execute_policy(call: Call, policy: str, alarm: str, value: float, threshold: float) -> None:
    """Execute a step scaling policy as an alarm asks."""
    await stepping.execute(call, call.state(ScalingState), policy, alarm, value, threshold)


async def reprovisioned(call: Call, target: str) -> None:
    """Fit a target's alarms to the capacity that somebody else has set."""
    state = call.state(ScalingState)
    found = state.targets.get(target)
    if found is not None and await bounding.looked_at(call, state, found):
        alarms.fit_all(state, found)
