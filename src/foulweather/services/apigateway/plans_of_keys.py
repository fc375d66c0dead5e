"""Which keys belong to which usage plans."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, refusals
from foulweather.services.apigateway.stage_records import PlanKey, UsagePlan
from foulweather.services.apigateway.state import RestState


def plan_of(call: Call, plan_id: str) -> UsagePlan:
    """The usage plan of an id."""
    found = call.state(RestState).plans.get(plan_id)
    if found is None:
        raise refusals.missing("Invalid Usage Plan ID specified", finding.arn(call, f"/usageplans/{plan_id}"))
    return found


def plans_with(state: RestState, key_id: str) -> list[UsagePlan]:
    """The usage plans that a key belongs to."""
    return [state.plans[held.plan] for held in state.plan_keys.values() if held.key == key_id]


def check_subscription(state: RestState, plan: UsagePlan, key_id: str) -> None:
    """Refuse a key that would reach one stage by two plans, or have too many of them."""
    others = [other for other in plans_with(state, key_id) if other.id != plan.id]
    opened = {(stage.api_id, stage.stage) for other in others for stage in other.api_stages}
    for stage in plan.api_stages:
        if (stage.api_id, stage.stage) in opened:
            raise refusals.conflict(
                "Usage Plan cannot be added because API Key cannot reference multiple Usage Plans with the same API "
                f"Stage: {stage.api_id}:{stage.stage}"
            )
    if len(others) >= limits.PLANS_OF_KEY_MAX:
        raise refusals.too_many("usage plans", "API key", f"/apikeys/{key_id}", limits.PLANS_OF_KEY_MAX)


def subscribe(call: Call, state: RestState, plan: UsagePlan, key_id: str) -> None:
    """Let a key belong to a plan."""
    made = PlanKey(plan=plan.id, key=key_id)
    state.plan_keys.put(f"{plan.id}/{key_id}", made)
    finding.changed(call, "UsagePlanKeyCreated", f"/usageplans/{plan.id}/keys/{key_id}", made)
