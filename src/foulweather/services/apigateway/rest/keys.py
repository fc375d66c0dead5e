"""API keys and the usage plans that they belong to: who may call, and how much in a day, a week, a month.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from typing import NamedTuple

from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway import metering
from foulweather.services.apigateway.rest import refusals
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.stage_records import ApiKey, ApiStage, Quota, UsagePlan
from foulweather.services.apigateway.state import RestState


class Admitted(NamedTuple):
    """A key that opens a stage, and the plan by which it does; keys that are tied to a stage itself need none."""

    key: ApiKey
    plan: UsagePlan | None
    stage: ApiStage | None


def admit(visit: Visit, state: RestState) -> Admitted:
    """The key of a request whose method asks for one; refused where there is none that opens the stage."""
    value = visit.usage_key if visit.plan.key_source == "AUTHORIZER" else visit.request.header("x-api-key")
    request_id, place = visit.call.request_id, f"{visit.api.id}/{visit.stage.stage_name}"
    if visit.is_logged:
        visit.info(f"Verifying Usage Plan for request: {request_id}. API Key: {_masked(value)} API Stage: {place}")
    key = state.keys.get(state.key_ids.get(value, "")) if value else None
    if key is None:
        raise _refusal(visit, _unknown(visit, value))
    if not key.enabled:
        arn = f"arn:aws:apigateway:{visit.call.region}::/apikeys/{key.id}"
        raise _refusal(
            visit,
            refusals.refused(
                f"The API key {key.name or key.id} is disabled.",
                visit.call.fact(arn, "enabled", False),
                remedy=(
                    f"aws apigateway update-api-key --api-key {key.id} "
                    "--patch-operations op=replace,path=/enabled,value=true",
                ),
            ),
        )
    found = _plan(state, key, visit)
    if found is None and place not in key.stage_keys:
        raise _refusal(visit, _not_associated(visit, state, key))
    visit.api_key, visit.api_key_id = key.value, key.id
    if visit.is_logged:
        visit.info(f"Usage Plan check succeeded for API Key {_masked(value)} and API Stage {place}")
    return Admitted(key, *(found or (None, None)))


def count(visit: Visit, state: RestState, admitted: Admitted) -> None:
    """Count a request against its plan's quota; refused once that is used up."""
    key, plan, _ = admitted
    if plan is None:
        return
    now_ms = visit.call.now
    if plan.quota is not None and metering.remaining(state, plan, key.id, metering.day_of(now_ms)) <= 0:
        raise _quota_exceeded(visit, plan, key, plan.quota)
    metering.count(state, plan, key.id, now_ms)


def _plan(state: RestState, key: ApiKey, visit: Visit) -> tuple[UsagePlan, ApiStage] | None:
    for plan in state.plans.values():
        if f"{plan.id}/{key.id}" not in state.plan_keys:
            continue
        for stage in plan.api_stages:
            if stage.api_id == visit.api.id and stage.stage == visit.stage.stage_name:
                return plan, stage
    return None


def _masked(value: str) -> str:
    return "*" * max(0, len(value) - 6) + value[-6:] if value else ""


def _refusal(visit: Visit, why: Why) -> Refusal:
    place = f"{visit.api.id}/{visit.stage.stage_name}"
    line = f"Method request is not authorized: API Key is required and none fits API Stage {place}"
    return Refusal("INVALID_API_KEY", "Forbidden", why, logged=(line,))


def _unknown(visit: Visit, value: str) -> Why:
    method = f"{visit.request.method} {visit.resource_path}"
    if visit.plan.key_source == "AUTHORIZER":
        cause = f"{method} requires an API key, and the authorizer's usageIdentifierKey is none of the account's keys."
    elif not value:
        cause = f"{method} requires an API key, and the request has no header x-api-key."
    else:
        cause = f"{method} requires an API key, and the one in x-api-key is none of the account's."
    return refusals.refused(
        cause,
        visit.method_fact("apiKeyRequired", True),
        Fact("request", "x-api-key", _masked(value) or None),
        remedy=("aws apigateway get-api-keys --include-values",),
    )


def _not_associated(visit: Visit, state: RestState, key: ApiKey) -> Why:
    plans = [plan for plan in state.plans.values() if f"{plan.id}/{key.id}" in state.plan_keys]
    place = f"{visit.api.id}:{visit.stage.stage_name}"
    if plans:
        names = ", ".join(plan.name for plan in plans)
        cause = f"The API key {key.name or key.id} is in the plan {names}, which does not open the stage {place}."
        remedy = (
            f"aws apigateway update-usage-plan --usage-plan-id {plans[0].id} "
            f"--patch-operations op=add,path=/apiStages,value={place}"
        )
    else:
        cause = f"The API key {key.name or key.id} is in no usage plan."
        remedy = f"aws apigateway create-usage-plan-key --usage-plan-id PLAN --key-type API_KEY --key-id {key.id}"
    arn = f"arn:aws:apigateway:{visit.call.region}::/apikeys/{key.id}"
    return refusals.refused(
        cause,
        Fact(arn, "usage plans", [plan.id for plan in plans]),
        Fact(visit.stage_arn, "apiKeyRequired", True),
        remedy=(remedy,),
    )


def _quota_exceeded(visit: Visit, plan: UsagePlan, key: ApiKey, quota: Quota) -> Refusal:
    arn = f"arn:aws:apigateway:{visit.call.region}::/usageplans/{plan.id}"
    name, period = key.name or key.id, quota.period.lower()
    why = Why(
        "throttled",
        f"The key {name} has used up its quota of {quota.limit} requests a {period} in the plan {plan.name}.",
        (
            visit.call.fact(arn, "quota", {"limit": quota.limit, "period": quota.period}),
            Fact(arn, f"remaining to {key.id}", 0),
        ),
        (
            f"aws apigateway update-usage --usage-plan-id {plan.id} --key-id {key.id} "
            "--patch-operations op=replace,path=/remaining,value=1000",
        ),
    )
    line = f"Usage Plan check failed: quota exceeded for API Key {_masked(key.value)}"
    return Refusal("QUOTA_EXCEEDED", "Limit Exceeded", why, logged=(line,))
