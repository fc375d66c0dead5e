"""How often a request may come: the plan's limits first, then the method's, then the account's.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

from foulweather.kernel.quotas import in_force
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.quotas import THROTTLE_BURST, THROTTLE_RATE
from foulweather.services.apigateway.rest.buckets import Buckets, Limit
from foulweather.services.apigateway.rest.keys import Admitted
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.stage_records import MethodSetting, Throttle


def throttle(visit: Visit, admitted: Admitted | None) -> None:
    """Refuse a request that comes faster than a limit lets it; only one that all let pass takes a token of any."""
    call = visit.call
    limits = [*_of_plan(visit, admitted), *_of_stage(visit), _of_account(visit)]
    full = Buckets.of(call.world).take(limits, call.now)
    if full is None:
        return
    call.happened("apigateway.Throttled", visit.stage_arn, limit=full.setting, resource=full.resource)
    why = Why(
        "throttled",
        f"More requests came than {full.setting} lets through: {full.rate:g} a second, {full.burst} at once.",
        (
            call.fact(full.resource, full.member, {"rateLimit": full.rate, "burstLimit": full.burst}),
            Fact("request", "method", f"{visit.request.method} {visit.resource_path}"),
        ),
        (full.remedy,),
    )
    raise Refusal("THROTTLED", "Too Many Requests", why, logged=(f"Request throttled by {full.setting}",))


def setting_of(visit: Visit, http_method: str) -> MethodSetting | None:
    """A stage's settings for a method, or those for all its methods."""
    settings = visit.stage.method_settings
    if not settings:
        return None
    path = visit.resource_path
    for name in (path[1:], path, path.replace("/", "~1")):
        found = settings.get(f"{name}/{http_method}")
        if found is not None:
            return found
    return settings.get("*/*")


def _of_plan(visit: Visit, admitted: Admitted | None) -> list[Limit]:
    if admitted is None or admitted.plan is None or admitted.stage is None:
        return []
    key, plan, stage = admitted.key, admitted.plan, admitted.stage
    arn = f"arn:aws:apigateway:{visit.call.region}::/usageplans/{plan.id}"
    own = f"{visit.resource_path}/{visit.method.http_method if visit.method is not None else ''}"
    found: list[Limit] = []
    at = stage.throttle.get(own)
    if at is not None:
        path = f"/apiStages/{stage.api_id}:{stage.stage}/throttle/{own.replace('~', '~0').replace('/', '~1')}/rateLimit"
        bucket = ("plan", plan.id, key.id, stage.api_id, stage.stage, own)
        found += _limit(
            bucket, at, arn, "apiStages", f"the usage plan {plan.name} for {own}", _plan_remedy(plan.id, path, at)
        )
    if plan.throttle is not None:
        remedy = _plan_remedy(plan.id, "/throttle/rateLimit", plan.throttle)
        found += _limit(
            ("plan", plan.id, key.id), plan.throttle, arn, "throttle", f"the usage plan {plan.name}", remedy
        )
    return found


def _plan_remedy(plan: str, path: str, throttle: Throttle) -> str:
    return (
        f"aws apigateway update-usage-plan --usage-plan-id {plan} "
        f"--patch-operations op=replace,path={path},value={(throttle.rate_limit or 1) * 2:g}"
    )


def _limit(key: tuple[str, ...], throttle: Throttle, arn: str, member: str, setting: str, remedy: str) -> list[Limit]:
    rate, burst = throttle.rate_limit, throttle.burst_limit
    if rate is None and burst is None:
        return []
    # One of the two alone is no bucket: AWS's console sets both; the one that is missing is the account's default.
    rate = 10_000.0 if rate is None else rate
    burst = 5_000 if burst is None else burst
    return [Limit(key, burst, rate, arn, member, setting, remedy)]


def _of_stage(visit: Visit) -> list[Limit]:
    setting, method = visit.setting, visit.method
    rate, burst = setting.throttling_rate_limit, setting.throttling_burst_limit
    if method is None or rate < 0 or burst < 0 or (rate >= THROTTLE_RATE.value and burst >= THROTTLE_BURST.value):
        return []
    stage, own = visit.stage.stage_name, f"{visit.resource_path}/{method.http_method}"
    path = f"/{visit.resource_path.replace('/', '~1')}/{method.http_method}/throttling/rateLimit"
    remedy = (
        f"aws apigateway update-stage --rest-api-id {visit.api.id} --stage-name {stage} "
        f"--patch-operations op=replace,path={path},value={(rate or 1) * 2:g}"
    )
    named = f"the stage {stage} for {own}"
    return [Limit(("stage", visit.api.id, stage, own), burst, rate, visit.stage_arn, "methodSettings", named, remedy)]


def _of_account(visit: Visit) -> Limit:
    call = visit.call
    rate = in_force(call.world, THROTTLE_RATE, call.account, call.region)
    burst = in_force(call.world, THROTTLE_BURST, call.account, call.region)
    remedy = (
        "aws service-quotas request-service-quota-increase --service-code apigateway "
        f"--quota-code {THROTTLE_RATE.code} --desired-value {rate * 2}"
    )
    arn = f"arn:aws:apigateway:{call.region}::/account"
    return Limit(
        ("account", call.account, call.region),
        burst,
        rate,
        arn,
        "throttleSettings",
        "the account in this region",
        remedy,
    )
