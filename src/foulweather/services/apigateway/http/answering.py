"""The way of a request through a stage of an HTTP API, in the order in which AWS may refuse it.

Route; preflight; authorization; throttles; integration. Each step's refusal is on record with its reasons.
"""

from __future__ import annotations

import json

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.http import authorizing, cors, integrating, logging, refusals, throttling
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2.state import HttpState

BODY_BYTES_MAX = 10 * 1024 * 1024
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""


async def answer(visit: Visit) -> HttpResponse:
    """Answer a request to a stage, and put it on record."""
    call = visit.call
    with call.world.flight():
        try:
            response = await _response(visit)
        except AwsError as error:  # what is not built, too, and what a service refused that nobody expected
            response = _refused(visit, error if isinstance(error, Refusal) else _passed_on(error))
        if visit.request.method != "OPTIONS" or not cors.is_preflight(visit):
            cors.add(visit, response)
        call.hop.ended_ms = call.world.clock.now_ms
        if visit.stage.access_log_settings:
            await logging.write(visit, response)
        _on_record(visit, response)
    response.headers.append(("apigw-requestid", call.request_id))
    return response


async def _response(visit: Visit) -> HttpResponse:
    route = visit.route
    if visit.client.why is not None:
        raise Refusal(403, visit.client.why)
    if route is None:
        if cors.is_preflight(visit):
            return cors.preflight(visit)
        raise _no_route(visit)
    if len(visit.body) > BODY_BYTES_MAX:
        size = len(visit.body)
        why = refusals.refused(f"The body has {size} bytes.", Fact("request", "bytes", size))
        raise Refusal(413, why)
    if route.authorization != "NONE":
        # A preflight has no credentials: a route that takes OPTIONS and asks for some refuses it, as on AWS
        # (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html).
        await authorizing.authorize(visit, route)
    if cors.is_preflight(visit) and route.method != "OPTIONS":
        return cors.preflight(visit)
    throttling.throttle(visit)
    return await integrating.integrate(visit, route)


def _refused(visit: Visit, refusal: Refusal) -> HttpResponse:
    visit.refusal = refusal
    call = visit.call
    hop = call.hop
    hop.code, hop.why, hop.ended_ms = refusal.code, refusal.why, call.world.clock.now_ms
    call.world.state(Traces).keep(hop)
    if refusal.logged:
        visit.integration_error = visit.integration_error or refusal.logged
    body = json.dumps({"message": refusal.message}, separators=(",", ":")).encode()
    return HttpResponse(refusal.status, [("Content-Type", "application/json"), *refusal.headers], body)


def _passed_on(error: AwsError) -> Refusal:
    if error.status == 501:
        refusal = Refusal(501, error.why, message=error.message)
        refusal.code = error.code
        return refusal
    return Refusal(500, error.why, logged=error.message)


def _no_route(visit: Visit) -> Refusal:
    call, api = visit.call, visit.api
    asked = f"{visit.request.method} {visit.path}"
    state = call.state(HttpState)
    cause = f"The API {api.name} has no route for {asked} in what its stage {visit.stage.stage_name} answers with."
    others = sorted(visit.plan.root.takes(visit.path))
    if others:
        cause += f" The path takes {', '.join(others)}."
    if visit.path.endswith("/") and visit.plan.root.find(visit.request.method, visit.path.rstrip("/")):
        cause += " There is one without the slash at the end: to an HTTP API that is another path."
    known = [route.route_key for route in under(state.routes, api.api_id)]
    remedy = f"aws apigatewayv2 create-route --api-id {api.api_id} --route-key '{asked}'"
    if asked in known and not visit.stage.auto_deploy:
        cause += " The API has it by now: it was made after the deployment."
        remedy = f"aws apigatewayv2 create-deployment --api-id {api.api_id} --stage-name '{visit.stage.stage_name}'"
    deployment = call.fact(visit.stage_arn, "DeploymentId", visit.stage.deployment_id)
    why = Why("refused", cause, (deployment, Fact("request", "method and path", asked)), (remedy,))
    return Refusal(404, why)


def _on_record(visit: Visit, response: HttpResponse) -> None:
    """What AWS's metrics count."""
    call = visit.call
    route = visit.route
    call.happened(
        "apigateway.HttpRequest",
        visit.stage_arn,
        api=visit.api.api_id,
        stage=visit.stage.stage_name,
        path="" if route is None else route.path or route.key,
        method=visit.request.method if route is None or route.method in ("", "ANY") else route.method,
        is_detailed=bool(visit.settings.detailed_metrics_enabled) and route is not None,
        status=response.status,
        latency_ms=call.world.clock.now_ms - call.hop.at_ms,
        integration_ms=visit.integration_ms,
        bytes=len(visit.body) + len(response.body),
    )
