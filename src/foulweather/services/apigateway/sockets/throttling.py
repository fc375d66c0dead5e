"""How often clients may connect, and speak: the route's limits, and those that the account has for all its APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
"""

from __future__ import annotations

from collections.abc import Sequence

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.quotas import CONNECTIONS, THROTTLE_BURST, THROTTLE_RATE, of
from foulweather.services.apigateway.rest.buckets import Buckets, Limit
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.sockets.turns import CONNECT, Turn


def throttle(turn: Turn, of_plan: Sequence[Limit] = ()) -> None:
    """Refuse what comes faster than a limit lets it; only what all let pass takes a token of any."""
    call = turn.call
    limits = [*of_plan, *_of_route(turn), of_account(call)]
    if turn.kind == CONNECT:
        limits.append(_of_connections(call))
    full = Buckets.of(call.world).take(limits, call.now)
    if full is None:
        return
    call.happened("apigateway.Throttled", turn.stage_arn, limit=full.setting, resource=full.resource)
    raise Refusal("THROTTLED", "Too Many Requests", too_many(call, full, Fact("request", "routeKey", turn.route_key)))


def too_many(call: Call, full: Limit, *facts: Fact) -> Why:
    """Why something came too fast."""
    limit = call.fact(full.resource, full.member, {"rateLimit": full.rate, "burstLimit": full.burst})
    return Why(
        "throttled",
        f"More came than {full.setting} lets through: {full.rate:g} a second, {full.burst} at once.",
        (limit, *facts),
        (full.remedy,),
    )


def of_account(call: Call) -> Limit:
    """The account's limit in a region: the same bucket for REST, HTTP and WebSocket APIs, and their callbacks.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    """
    rate, burst = of(call, THROTTLE_RATE), of(call, THROTTLE_BURST)
    remedy = (
        "aws service-quotas request-service-quota-increase --service-code apigateway "
        f"--quota-code {THROTTLE_RATE.code} --desired-value {rate * 2}"
    )
    key = ("account", call.account, call.region)
    arn = f"arn:aws:apigateway:{call.region}::/account"
    return Limit(key, burst, rate, arn, "throttleSettings", "the account in this region", remedy)


def _of_connections(call: Call) -> Limit:
    key = ("connections", call.account, call.region)
    arn = f"arn:aws:apigateway:{call.region}::/account"
    most = of(call, CONNECTIONS)
    what = "the account's quota of new connections of WebSocket APIs"
    remedy = (
        "aws service-quotas request-service-quota-increase --service-code apigateway "
        f"--quota-code {CONNECTIONS.code} --desired-value {most * 2}"
    )
    return Limit(key, most, most, arn, CONNECTIONS.name, what, remedy)


def _of_route(turn: Turn) -> list[Limit]:
    setting = turn.setting
    rate, burst = setting.throttling_rate_limit, setting.throttling_burst_limit
    if rate is None and burst is None:
        return []
    rate = float(THROTTLE_RATE.value) if rate is None else rate
    burst = THROTTLE_BURST.value if burst is None else burst
    held = turn.connection
    own = turn.route_key in turn.stage.route_settings
    option = "--route-settings" if own else "--default-route-settings"
    more = f"ThrottlingRateLimit={(rate or 1) * 2:g},ThrottlingBurstLimit={(burst or 1) * 2}"
    given = f"'{turn.route_key}={{{more}}}'" if own else more
    remedy = f"aws apigatewayv2 update-stage --api-id {held.api} --stage-name {held.stage} {option} {given}"
    key = ("socket route", held.api, held.stage, turn.route_key)
    member = "RouteSettings" if own else "DefaultRouteSettings"
    return [Limit(key, burst, rate, turn.stage_arn, member, f"the stage {held.stage} for {turn.route_key}", remedy)]
