"""What Application Auto Scaling does when a time has come, and on what other services tell.

CloudWatch asks for a policy's execution by the event `cloudwatch.AlarmAction`: its resource is the alarm's ARN, its
facts are `action` (the policy's ARN, as in AlarmActions), `alarm` (its name), `value` (the newest datapoint, in the
alarm's statistic), `values` (those of the evaluated periods, the oldest first) and `threshold`. It tells it every
minute for as long as the alarm is in state ALARM, as CloudWatch does for scaling actions.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-actions
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.applicationautoscaling import acting, alarms, bounding, limits, stepping, tracking
from foulweather.services.applicationautoscaling.state import ScalingState
from foulweather.world.journal import Event
from foulweather.world.world import World

# --- events


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
    """Execute the policy that an alarm asks for; what a target's tracking policies are asked for is considered once."""
    facts = event.facts
    if ":scalingPolicy:" not in facts["action"]:
        return
    place = facts["action"].split(":")
    state = world.state(ScalingState, place[4], place[3])
    alarm = state.alarms.get(facts["alarm"])
    if alarm is None:
        args = {
            "policy": facts["action"],
            "alarm": facts["alarm"],
            "value": facts["value"],
            "threshold": facts["threshold"],
        }
        world.agenda.at(event.at_ms, "application-autoscaling.execute_policy", args, account=place[4], region=place[3])
        return
    policy = state.policies.get(alarm.policy)
    if policy is None or alarm.kind.startswith("Provisioned"):
        return  # those are fitted when the change that they see has stood for long enough: `reprovisioned`
    alarm.alarmed_ms, alarm.values = event.at_ms, facts["values"]
    state.alarms.touch(alarm.name)
    if (policy.target, event.at_ms) not in state.asked:
        state.asked = {each for each in state.asked if each[1] == event.at_ms} | {(policy.target, event.at_ms)}
        args = {"target": policy.target}
        world.agenda.at(event.at_ms, "application-autoscaling.consider", args, account=place[4], region=place[3])


def note_alarm_state(world: World, event: Event) -> None:
    """When an alarm of a policy has another state, say what follows."""
    state = world.state(ScalingState, event.account, event.region)
    if event.facts["alarm"] in state.alarms:
        args = {"alarm": event.facts["alarm"], "found": event.facts["after"]}
        action = "application-autoscaling.alarm_changed"
        world.agenda.at(event.at_ms, action, args, account=event.account, region=event.region)


# --- times


async def consider(call: Call, target: str) -> None:
    """Scale a target out or in, as the alarms of its policies ask."""
    state = call.state(ScalingState)
    found = state.targets.get(target)
    if found is not None:
        await tracking.consider(call, state, found)


async def alarm_changed(call: Call, alarm: str, found: str) -> None:
    """An alarm of a policy has another state."""
    alarms.noted_state(call, call.state(ScalingState), alarm, found)


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
        await alarms.fit_all(call, state, found)
