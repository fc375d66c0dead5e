"""Executing a step scaling policy when an alarm asks for it."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.applicationautoscaling import acting, bounding, limits, steps, tracking
from foulweather.services.applicationautoscaling.records import Policy, Target
from foulweather.services.applicationautoscaling.state import ScalingState


async def execute(call: Call, state: ScalingState, policy_arn: str, alarm: str, value: float, threshold: float) -> None:
    """Set the capacity that a breach leads to, unless nothing covers it, it is suspended or it is cooling down."""
    found = _found(state, policy_arn)
    if found is None:
        why = Why("dropped", f"There is no policy {policy_arn}.", (Fact(policy_arn, "exists", False),))
        call.explain("ExecutePolicy", policy_arn, why, "ObjectNotFoundException")
        return
    policy, target = found
    if policy.type != "StepScaling" or not await bounding.looked_at(call, state, target):
        return
    wanted = steps.wanted(policy.config, target.units, value, threshold)
    facts = (
        Fact(policy_arn, "datapoint", value),
        Fact(policy_arn, "threshold", threshold),
        Fact(target.resource_arn, "capacity", target.units),
    )
    if wanted is None:
        why = Why("dropped", f"No step of policy {policy.name} covers a value of {value}.", facts)
        call.explain("ExecutePolicy", target.resource_arn, why, "NoStep")
        return
    is_out = wanted > target.units
    what = "DynamicScalingOutSuspended" if is_out else "DynamicScalingInSuspended"
    if target.is_suspended(what):
        why = Why("dropped", f"{what} is set for {target.resource_arn}.", (call.fact(target.arn, what, True), *facts))
        call.explain("ExecutePolicy", target.resource_arn, why, what)
        return
    until_ms = _cooling_until(policy, is_out) if not is_out or wanted - target.units <= policy.out_by else 0
    if call.now < until_ms:
        why = Why("delayed", f"Policy {policy.name} is in its cooldown.", (Fact(policy_arn, "ends", until_ms), *facts))
        call.explain("ExecutePolicy", target.resource_arn, why, "Cooldown")
        return
    code = await acting.attempt(call, state, target, wanted, tracking.triggered(alarm, policy), policy)
    if code:
        bounds = (
            call.fact(target.arn, "MinCapacity", target.min_units),
            call.fact(target.arn, "MaxCapacity", target.max_units),
        )
        why = Why("dropped", f"{target.resource_arn} is left at {target.units}: {code}.", (*bounds, *facts))
        call.explain("ExecutePolicy", target.resource_arn, why, code)


def _cooling_until(policy: Policy, is_out: bool) -> int:
    since_ms = policy.out_ms if is_out else max(policy.in_ms, policy.out_ms)
    return since_ms + 1000 * policy.config.get("Cooldown", limits.STEP_COOLDOWN_S) if since_ms else 0


def _found(state: ScalingState, policy_arn: str) -> tuple[Policy, Target] | None:
    for policy in state.policies.values():
        target = state.targets[policy.target]
        if policy.arn(target) == policy_arn:
            return policy, target
    return None
