"""Target tracking: what a minute's alarms lead to, and what keeps them from it.

"Application Auto Scaling gives precedence to the policy that provides the largest capacity for both scale out and
scale in"; it scales out when any policy is ready to, and in when all are that may.
https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.why import Decision, Fact, Why
from foulweather.services.applicationautoscaling import acting, metrics
from foulweather.services.applicationautoscaling.records import Activity, Alarm, Policy, Target
from foulweather.services.applicationautoscaling.state import ScalingState

TYPE = "TargetTrackingScaling"
ALARMED_MS = 60_000
"""An alarm that is in ALARM asks for its policy every minute: one that has not is in ALARM no more."""


class Wish(NamedTuple):
    """The capacity that a policy would set by an alarm, and the metric's value that it goes by."""

    wanted: int
    policy: Policy
    alarm: Alarm
    value: float


async def consider(call: Call, state: ScalingState, target: Target) -> None:
    """Scale a target out or in, by the alarms of its policies that are in ALARM now."""
    out: list[Wish] = []
    into: list[Wish] = []
    may_scale_in = True
    for policy in state.policies_of(target):
        if policy.type != TYPE:
            continue
        is_ready = policy.config.get("DisableScaleIn", False)
        for alarm in state.alarms_of(policy):
            if alarm.kind.startswith("Provisioned"):
                continue
            there = alarm.values
            if call.now - alarm.alarmed_ms >= ALARMED_MS or not there:
                continue
            if alarm.kind == "AlarmHigh":
                out.append(_wish(target, policy, alarm, there[-1]))
            else:
                # In, one goes by the busiest of the minutes: "scale-in is conservative".
                into.append(_wish(target, policy, alarm, max(there)))
                is_ready = True
        may_scale_in = may_scale_in and is_ready
    if out:
        await _scale_out(call, state, target, max(out, key=lambda wish: wish.wanted))
    elif into and may_scale_in:
        await _scale_in(call, state, target, max(into, key=lambda wish: wish.wanted))


def _wish(target: Target, policy: Policy, alarm: Alarm, value: float) -> Wish:
    """The capacity at which the metric would be at its target; rounded up, so that it is not above it."""
    goal: float = policy.config["TargetValue"]
    if metrics.is_predefined(policy):
        exact = value * 100 / (alarm.period_s * goal)
    else:
        exact = target.units * value / goal
    return Wish(max(0, math.ceil(exact - 1e-9)), policy, alarm, value)


async def _scale_out(call: Call, state: ScalingState, target: Target, wish: Wish) -> None:
    if target.is_suspended("DynamicScalingOutSuspended"):
        _suspended(call, state, target, wish, "DynamicScalingOutSuspended")
        return
    policy = wish.policy
    until_ms = policy.out_ms + 1000 * policy.config.get("ScaleOutCooldown", 0)
    added = min(wish.wanted, target.max_units) - target.units
    # "won't increase the desired capacity again unless either a larger scale out is triggered or the cooldown ends".
    if policy.out_ms and call.now < until_ms and 0 < added <= policy.out_by:
        _cooling(call, state, target, wish, "ScaleOutCooldown", until_ms)
        return
    await _act(call, state, target, wish)


async def _scale_in(call: Call, state: ScalingState, target: Target, wish: Wish) -> None:
    if target.is_suspended("DynamicScalingInSuspended"):
        _suspended(call, state, target, wish, "DynamicScalingInSuspended")
        return
    policy = wish.policy
    until_ms = policy.in_ms + 1000 * policy.config.get("ScaleInCooldown", 0)
    if policy.in_ms and call.now < until_ms:
        _cooling(call, state, target, wish, "ScaleInCooldown", until_ms)
        return
    await _act(call, state, target, wish)


async def _act(call: Call, state: ScalingState, target: Target, wish: Wish) -> None:
    is_out = wish.alarm.kind == "AlarmHigh"
    held = min(max(wish.wanted, target.min_units), target.max_units)
    if (held < target.units) if is_out else (held > target.units):
        # The alarm was fitted to another capacity; it is fitted anew when that has stood for a while.
        code = "AlreadyAtMaxCapacity" if is_out and wish.wanted > target.max_units else "AlreadyAtDesiredCapacity"
    else:
        cause = triggered(wish.alarm.name, wish.policy)
        code = await acting.attempt(call, state, target, wish.wanted, cause, wish.policy)
    if not code:
        if wish.alarm.told:
            wish.alarm.told = ""
            state.alarms.touch(wish.alarm.name)
    elif code == acting.BUSY:
        cause = f"Another activity of {target.resource_arn} is not over yet."
        facts = (Fact(target.arn, "activity", target.activity),)
        _tell(call, state, target, wish, code, "delayed", cause, facts)
    elif code == "AlreadyAtMinCapacity" and is_out:
        _not_scaled(call, state, target, wish, "AlreadyAtDesiredCapacity")
    else:
        _not_scaled(call, state, target, wish, code)


def triggered(alarm: str, policy: Policy) -> str:
    """The cause of an activity that an alarm led to."""
    return f"monitor alarm {alarm} in state ALARM triggered policy {policy.name}"


# --- what was not done, and why


def _not_scaled(call: Call, state: ScalingState, target: Target, wish: Wish, code: str) -> None:
    """Keep a not scaled activity, when it is not the one that was kept last."""
    bound = {"AlreadyAtMaxCapacity": "MaxCapacity", "AlreadyAtMinCapacity": "MinCapacity"}.get(code, "")
    units = target.max_units if bound == "MaxCapacity" else target.min_units
    facts: tuple[Fact, ...] = (call.fact(target.arn, bound, units),) if bound else ()
    cause = {
        "AlreadyAtMaxCapacity": f"{target.resource_arn} has its maximum capacity of {target.max_units} already.",
        "AlreadyAtMinCapacity": f"{target.resource_arn} has its minimum capacity of {target.min_units} already.",
        acting.UNSCALABLE: f"{target.resource_arn} is in on-demand mode and has no capacity to set.",
    }.get(code, f"{target.resource_arn} has the wanted capacity of {target.units} already.")
    remedy = (_raise_command(target, wish.wanted),) if code == "AlreadyAtMaxCapacity" else ()
    if not _tell(call, state, target, wish, f"{code} {units}", "dropped", cause, facts, remedy):
        return
    reason: dict[str, Any] = {"Code": code}
    if bound:
        reason[bound] = units
    if code in ("AlreadyAtDesiredCapacity", acting.UNSCALABLE):
        reason["CurrentCapacity"] = target.units
    activity = Activity(
        id=call.world.ids.uuid(),
        target=target.key,
        namespace=target.namespace,
        resource_id=target.resource_id,
        dimension=target.dimension,
        description="Attempting to scale due to alarm triggered",
        cause=triggered(wish.alarm.name, wish.policy),
        started_ms=call.now,
        ended_ms=call.now,
        status="Failed",
        message=cause,
        reasons=[reason],
        wanted=wish.wanted,
        before=target.units,
    )
    state.add_activity(activity, call.now)


def _raise_command(target: Target, wanted: int) -> str:
    return (
        f"aws application-autoscaling register-scalable-target --service-namespace {target.namespace} "
        f"--resource-id {target.resource_id} --scalable-dimension {target.dimension} --max-capacity {wanted}"
    )


def _suspended(call: Call, state: ScalingState, target: Target, wish: Wish, what: str) -> None:
    cause = f"{what} is set for {target.resource_arn}: {wish.alarm.name} leads to nothing."
    remedy = (
        f"aws application-autoscaling register-scalable-target --service-namespace {target.namespace} --resource-id "
        f"{target.resource_id} --scalable-dimension {target.dimension} --suspended-state {what}=false",
    )
    _tell(call, state, target, wish, what, "dropped", cause, (call.fact(target.arn, what, True),), remedy)


def _cooling(call: Call, state: ScalingState, target: Target, wish: Wish, what: str, until_ms: int) -> None:
    arn = wish.policy.arn(target)
    left_s = -(-(until_ms - call.now) // 1000)
    cause = f"Policy {wish.policy.name} is in its {what} for {left_s} seconds more."
    facts = (call.fact(arn, what, wish.policy.config[what]), Fact(arn, "cooldown ends", until_ms))
    _tell(call, state, target, wish, f"{what} {until_ms}", "delayed", cause, facts)


def _tell(
    call: Call,
    state: ScalingState,
    target: Target,
    wish: Wish,
    key: str,
    decision: Decision,
    cause: str,
    facts: tuple[Fact, ...] = (),
    remedy: tuple[str, ...] = (),
) -> bool:
    """Put on record why an alarm led to nothing: once, until the reason or the alarm changes."""
    alarm = wish.alarm
    if alarm.told == key:
        return False
    alarm.told = key
    state.alarms.touch(alarm.name)
    seen = (
        Fact(alarm.arn(target), "threshold", alarm.threshold),
        Fact(target.resource_arn, alarm.metric, wish.value),
        Fact(target.resource_arn, "wanted capacity", wish.wanted),
        call.fact(target.resource_arn, f"{target.direction}CapacityUnits", target.units),
    )
    operation = "ScaleOut" if alarm.kind == "AlarmHigh" else "ScaleIn"
    call.explain(operation, target.resource_arn, Why(decision, cause, (*facts, *seen), remedy), key.split()[0])
    return True
