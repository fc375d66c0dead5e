"""Usage plans: which stages keys may call, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, paging, patches, refusals
from foulweather.services.apigateway.patches import Rule, Step, number_of, sets, value_of, whole_of
from foulweather.services.apigateway.plans_of_keys import check_subscription, plan_of
from foulweather.services.apigateway.records import shown
from foulweather.services.apigateway.stage_records import ApiStage, Quota, Throttle, UsagePlan, setting_place
from foulweather.services.apigateway.state import RestState, under
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]
_OFFSETS: Final = {
    "DAY": (0, "zero"),
    "WEEK": (6, "between zero and six inclusive"),
    "MONTH": (27, "between zero and 27 inclusive"),
}
_ANY: Final = ("add", "remove", "replace")


def create_usage_plan(call: Call, request: Request) -> dict[str, Any]:
    """Make a usage plan."""
    if not request["name"]:
        raise refusals.invalid("Usage Plan name cannot be blank", name="")
    tags = limits.checked_tags(request.get("tags"))
    quota: Mapping[str, Any] = request.get("quota") or {}
    state = call.state(RestState)
    made = UsagePlan(
        id=finding.new_id(call),
        name=request["name"],
        description=request.get("description"),
        api_stages=[_stage(one, request["name"]) for one in request.get("apiStages") or ()],
        throttle=_throttle(request["throttle"]) if request.get("throttle") else None,
        quota=_quota(quota) if quota else None,
        tags=tags,
    )
    _check(call, state, made)
    most = limits.PLANS_MAX
    if len(state.plans) >= most:
        raise refusals.too_many("usage plans", "account", call.account, most)
    state.plans.put(made.id, made)
    finding.changed(call, "UsagePlanCreated", f"/usageplans/{made.id}", made)
    return shown(made)


def get_usage_plan(call: Call, request: Request) -> dict[str, Any]:
    """A usage plan."""
    return shown(plan_of(call, request["usagePlanId"]))


def get_usage_plans(call: Call, request: Request) -> dict[str, Any]:
    """The usage plans, or those of a key."""
    state, key_id = call.state(RestState), request.get("keyId")
    plans = [plan for plan in state.plans.values() if not key_id or f"{plan.id}/{key_id}" in state.plan_keys]
    found, more = paging.page(plans, request)
    return {"items": [shown(plan) for plan in found], **more}


def update_usage_plan(call: Call, request: Request) -> dict[str, Any]:
    """Change a usage plan; what its keys may do changes with it at once."""
    state, plan = call.state(RestState), plan_of(call, request["usagePlanId"])
    made = patches.patched(call, plan, request, _RULES)
    _check(call, state, made)
    for held in under(state.plan_keys, plan.id):
        check_subscription(state, made, held.key)
    limits.pace(call, "UpdateUsagePlan")
    state.plans.put(made.id, made)
    finding.changed(call, "UsagePlanUpdated", f"/usageplans/{made.id}", made, patches.touched(request))
    return shown(made)


def delete_usage_plan(call: Call, request: Request) -> None:
    """Delete a usage plan that opens no stage any more."""
    state, plan = call.state(RestState), plan_of(call, request["usagePlanId"])
    if plan.api_stages:
        first = plan.api_stages[0]
        stage = f"{first.api_id}:{first.stage}"
        raise refusals.invalid(
            f"Cannot delete Usage Plan {plan.id} because there are API Stages associated with it, including {stage}",
            call.fact(finding.arn(call, f"/usageplans/{plan.id}"), "apiStages", [stage]),
            remedy=(
                f"aws apigateway update-usage-plan --usage-plan-id {plan.id} "
                f"--patch-operations op=remove,path=/apiStages,value={stage}",
            ),
        )
    for rows in (state.plan_keys, state.usage, state.extensions):
        for key in [key for key in rows if key.startswith(f"{plan.id}/")]:
            rows.delete(key)
    state.plans.delete(plan.id)
    finding.changed(call, "UsagePlanDeleted", f"/usageplans/{plan.id}")


def _stage(asked: Mapping[str, Any], plan: str) -> ApiStage:
    api_id, stage = asked.get("apiId") or "", asked.get("stage") or ""
    if not api_id or not stage:
        # AWS leaves the placeholders of its message unfilled.
        words = "Invalid API Stage {api: %s, stage: %s} specified for usageplan %s"
        raise refusals.invalid(words, apiId=api_id, stage=stage, usageplan=plan)
    throttles: Mapping[str, Mapping[str, Any]] = asked.get("throttle") or {}
    return ApiStage(api_id=api_id, stage=stage, throttle={path: _throttle(one) for path, one in throttles.items()})


def _is_there(call: Call, state: RestState, stage: ApiStage) -> bool:
    """Whether there is a stage that a plan can open: of a REST API, or of a WebSocket API."""
    key, others = f"{stage.api_id}/{stage.stage}", call.state(HttpState)
    if key in state.stages:
        return True
    api = others.apis.get(stage.api_id)
    return api is not None and api.protocol_type == "WEBSOCKET" and key in others.stages


def _throttle(asked: Mapping[str, Any]) -> Throttle:
    return Throttle(burst_limit=asked.get("burstLimit"), rate_limit=asked.get("rateLimit"))


def _quota(asked: Mapping[str, Any]) -> Quota:
    return Quota(limit=asked.get("limit") or 0, period=asked.get("period") or "", offset=asked.get("offset") or 0)


def _check(call: Call, state: RestState, plan: UsagePlan) -> None:
    for stage in plan.api_stages:
        if not _is_there(call, state, stage):
            where = f"{stage.api_id}:{stage.stage}"
            path = finding.arn(call, f"/restapis/{stage.api_id}/stages/{stage.stage}")
            raise refusals.missing(f"API Stage not found: {where}", path)
        for throttle in stage.throttle.values():
            _check_throttle(throttle)
    if plan.throttle is not None:
        _check_throttle(plan.throttle)
    quota = plan.quota
    if quota is None:
        return
    if quota.limit <= 0:
        raise refusals.invalid("Usage Plan quota limit must be greater than zero", limit=quota.limit)
    if quota.period not in _OFFSETS:
        words = "Usage Plan quota period must be one of: [DAY, WEEK, MONTH]"
        raise refusals.invalid(words, period=quota.period)
    most, words = _OFFSETS[quota.period]
    if not 0 <= quota.offset <= most:
        message = f"Usage Plan quota offset must be {words} in the {quota.period} period"
        raise refusals.invalid(message, offset=quota.offset)


def _check_throttle(throttle: Throttle) -> None:
    if (throttle.burst_limit or 0) < 0 or (throttle.rate_limit or 0) < 0:
        words = "Usage Plan throttle limits must not be negative"
        raise refusals.invalid(words, burstLimit=throttle.burst_limit, rateLimit=throttle.rate_limit)


def _change_stages(plan: UsagePlan, step: Step) -> None:
    named = step.parts[0] if step.parts else value_of(step)
    api_id, _, stage = named.partition(":")
    held = [one for one in plan.api_stages if (one.api_id, one.stage) == (api_id, stage)]
    if step.op == "add":
        if not held:
            plan.api_stages.append(_stage({"apiId": api_id, "stage": stage}, plan.name))
    elif not held:
        raise refusals.missing(f"API Stage not found: {named}", step.path)
    else:
        plan.api_stages.remove(held[0])


def _limits_of(plan: UsagePlan, step: Step) -> tuple[ApiStage, str]:
    """The stage whose method's limits a path names, and the method as the plan has it."""
    api_id, _, stage = step.parts[0].partition(":")
    for one in plan.api_stages:
        if (one.api_id, one.stage) == (api_id, stage):
            place = setting_place(step.parts[1])
            return one, next((key for key in one.throttle if setting_place(key) == place), step.parts[1])
    raise refusals.missing(f"API Stage not found: {step.parts[0]}", step.path)


def _forget_method_limits(plan: UsagePlan, step: Step) -> None:
    stage, key = _limits_of(plan, step)
    stage.throttle.pop(key, None)


def _forget_stage_limits(plan: UsagePlan, step: Step) -> None:
    for one in plan.api_stages:
        if f"{one.api_id}:{one.stage}" == step.parts[0]:
            one.throttle = {}


def _method_burst(plan: UsagePlan, step: Step) -> None:
    stage, key = _limits_of(plan, step)
    stage.throttle.setdefault(key, Throttle()).burst_limit = None if step.op == "remove" else whole_of(step)


def _method_rate(plan: UsagePlan, step: Step) -> None:
    stage, key = _limits_of(plan, step)
    stage.throttle.setdefault(key, Throttle()).rate_limit = None if step.op == "remove" else number_of(step)


def _burst(plan: UsagePlan, step: Step) -> None:
    plan.throttle = plan.throttle or Throttle()
    plan.throttle.burst_limit = None if step.op == "remove" else whole_of(step)


def _rate(plan: UsagePlan, step: Step) -> None:
    plan.throttle = plan.throttle or Throttle()
    plan.throttle.rate_limit = None if step.op == "remove" else number_of(step)


def _quota_member(plan: UsagePlan, step: Step) -> None:
    plan.quota = plan.quota or Quota(limit=0, period="")
    if step.path.endswith("/limit"):
        plan.quota.limit = whole_of(step)
    elif step.path.endswith("/offset"):
        plan.quota.offset = whole_of(step)
    else:
        plan.quota.period = value_of(step)


_LIMITS: Final = "/apiStages/{}/throttle/{*}"
_RULES: Final = (
    sets("/name", "name", value_of),
    sets("/description", "description"),
    sets("/productCode", "product_code", ops=_ANY),
    Rule("/apiStages", ("add", "remove"), _change_stages),
    Rule("/apiStages/{}", ("remove",), _change_stages),
    Rule("/apiStages/{}/throttle", ("remove",), _forget_stage_limits),
    Rule(f"{_LIMITS}/burstLimit", _ANY, _method_burst),
    Rule(f"{_LIMITS}/rateLimit", _ANY, _method_rate),
    Rule(_LIMITS, ("remove",), _forget_method_limits),
    sets("/throttle", "throttle", ops=("remove",)),
    Rule("/throttle/burstLimit", _ANY, _burst),
    Rule("/throttle/rateLimit", _ANY, _rate),
    sets("/quota", "quota", ops=("remove",)),
    *(Rule(f"/quota/{name}", ("add", "replace"), _quota_member) for name in ("limit", "offset", "period")),
)
