"""How often a request may come: the route's limit in its stage, then the account's.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""

from __future__ import annotations

from foulweather.kernel.quotas import in_force
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.quotas import THROTTLE_BURST, THROTTLE_RATE
from foulweather.services.apigateway.rest.buckets import Buckets, Limit


def throttle(visit: Visit) -> None:
    """Refuse a request that comes faster than a limit lets it; only one that all let pass takes a token of any."""
    call = visit.call
    own = _of_route(visit)
    account = _of_account(visit)
    full = Buckets.of(call.world).take((account,) if own is None else (own, account), call.now)
    if full is None:
        return
    call.happened("apigateway.Throttled", visit.stage_arn, limit=full.setting, resource=full.resource)
    why = Why(
        "throttled",
        f"More requests came than {full.setting} lets through: {full.rate:g} a second, {full.burst} at once.",
        (
            call.fact(full.resource, full.member, {"rateLimit": full.rate, "burstLimit": full.burst}),
            Fact("request", "route", visit.route_key),
        ),
        (full.remedy,),
    )
    raise Refusal(429, why, logged="Request throttled")


def _of_route(visit: Visit) -> Limit | None:
    settings, route = visit.settings, visit.route
    rate, burst = settings.throttling_rate_limit, settings.throttling_burst_limit
    if route is None or (rate is None and burst is None):
        return None
    # One of the two alone leaves the other at the account's.
    rate = float(THROTTLE_RATE.value) if rate is None else rate
    burst = THROTTLE_BURST.value if burst is None else burst
    stage, api, key = visit.stage.stage_name, visit.api.api_id, route.key
    own = key in visit.stage.route_settings
    asked = f"ThrottlingBurstLimit={max(burst, 1) * 2},ThrottlingRateLimit={(rate or 1) * 2:g}"
    which = f"--route-settings '{key}={{{asked}}}'" if own else f"--default-route-settings {asked}"
    return Limit(
        ("http", api, stage, key),
        burst,
        rate,
        visit.stage_arn,
        "RouteSettings" if own else "DefaultRouteSettings",
        f"the stage {stage} for {key}",
        f"aws apigatewayv2 update-stage --api-id {api} --stage-name '{stage}' {which}",
    )


def _of_account(visit: Visit) -> Limit:
    call = visit.call
    rate = in_force(call.world, THROTTLE_RATE, call.account, call.region)
    burst = in_force(call.world, THROTTLE_BURST, call.account, call.region)
    remedy = (
        "aws service-quotas request-service-quota-increase --service-code apigateway "
        f"--quota-code {THROTTLE_RATE.code} --desired-value {rate * 2}"
    )
    return Limit(
        ("account", call.account, call.region),
        burst,
        rate,
        f"arn:aws:apigateway:{call.region}::/account",
        "throttleSettings",
        "the account in this region",
        remedy,
    )
