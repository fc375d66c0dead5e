"""API keys of handshakes: which of the account's it is, and the usage plan by which it opens the stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

from __future__ import annotations

from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway import metering
from foulweather.services.apigateway.finding import arn
from foulweather.services.apigateway.rest import refusals
from foulweather.services.apigateway.rest.buckets import Limit
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.sockets.turns import Turn
from foulweather.services.apigateway.stage_records import ApiKey, UsagePlan
from foulweather.services.apigateway.state import RestState

OF_AUTHORIZER = "$context.authorizer.usageIdentifierKey"


def admit(turn: Turn) -> list[Limit]:
    """The limits of the plan by which a handshake's key opens the stage; refused where there is no such key."""
    call, held = turn.call, turn.connection
    state = call.state(RestState)
    value = turn.header("x-api-key") or ""
    if turn.plan.api.get("ApiKeySelectionExpression") == OF_AUTHORIZER:
        value = turn.usage_key
    key = state.keys.get(state.key_ids.get(value, "")) if value else None
    if key is None:
        what = "is none of the account's" if value else "is missing"
        why = refusals.refused(
            f"The route $connect requires an API key, and the handshake's {what}.",
            turn.route_fact("ApiKeyRequired", True),
            remedy=("aws apigateway get-api-keys --include-values",),
        )
        raise Refusal("INVALID_API_KEY", "Forbidden", why)
    if not key.enabled:
        fact = call.fact(arn(call, f"/apikeys/{key.id}"), "enabled", False)
        raise Refusal(
            "INVALID_API_KEY", "Forbidden", refusals.refused(f"The API key {key.name or key.id} is disabled.", fact)
        )
    plan = _plan(state, key, held.api, held.stage)
    if plan is None:
        why = refusals.refused(
            f"No usage plan of the API key {key.name or key.id} opens the stage {held.api}:{held.stage}.",
            Fact(turn.stage_arn, "ApiKeyRequired", True),
            remedy=(
                "aws apigateway update-usage-plan --usage-plan-id PLAN "
                f"--patch-operations op=add,path=/apiStages,value={held.api}:{held.stage}",
            ),
        )
        raise Refusal("INVALID_API_KEY", "Forbidden", why)
    held.identity = {**held.identity, "apiKey": key.value, "apiKeyId": key.id}
    _count(turn, state, plan, key)
    return _limits(turn, plan, key)


def _plan(state: RestState, key: ApiKey, api: str, stage: str) -> UsagePlan | None:
    for plan in state.plans.values():
        if f"{plan.id}/{key.id}" in state.plan_keys and any(
            (s.api_id, s.stage) == (api, stage) for s in plan.api_stages
        ):
            return plan
    return None


def _count(turn: Turn, state: RestState, plan: UsagePlan, key: ApiKey) -> None:
    now_ms, quota = turn.call.now, plan.quota
    if quota is not None and metering.remaining(state, plan, key.id, metering.day_of(now_ms)) <= 0:
        why = Why(
            "throttled",
            f"The key {key.name or key.id} has used up its quota of {quota.limit} a {quota.period.lower()}.",
            (turn.call.fact(arn(turn.call, f"/usageplans/{plan.id}"), "quota", quota.limit),),
            (
                f"aws apigateway update-usage --usage-plan-id {plan.id} --key-id {key.id} "
                "--patch-operations op=replace,path=/remaining,value=1000",
            ),
        )
        raise Refusal("QUOTA_EXCEEDED", "Limit Exceeded", why)
    metering.count(state, plan, key.id, now_ms)


def _limits(turn: Turn, plan: UsagePlan, key: ApiKey) -> list[Limit]:
    throttle = plan.throttle
    if throttle is None or (throttle.rate_limit is None and throttle.burst_limit is None):
        return []
    rate = 10_000.0 if throttle.rate_limit is None else throttle.rate_limit
    burst = 5_000 if throttle.burst_limit is None else throttle.burst_limit
    remedy = (
        f"aws apigateway update-usage-plan --usage-plan-id {plan.id} "
        f"--patch-operations op=replace,path=/throttle/rateLimit,value={(rate or 1) * 2:g}"
    )
    own = arn(turn.call, f"/usageplans/{plan.id}")
    return [Limit(("plan", plan.id, key.id), burst, rate, own, "throttle", f"the usage plan {plan.name}", remedy)]
