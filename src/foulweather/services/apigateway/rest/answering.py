"""The way of a request through a stage, in the order in which AWS may refuse it.

Path and method; resource policy and authorization; API key, quota and throttles; validation; cache; integration.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.records import Resource
from foulweather.services.apigateway.rest import (
    authorizing,
    caching,
    compression,
    gateway_responses,
    integrating,
    keys,
    logging,
    refusals,
    throttling,
    tracing,
    validating,
)
from foulweather.services.apigateway.rest.mapping import shown
from foulweather.services.apigateway.rest.paths import Node
from foulweather.services.apigateway.rest.plans import MethodPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.state import RestState, under


async def answer(visit: Visit) -> HttpResponse:
    """Answer a request to a stage, and put it on record."""
    call = visit.call
    with call.world.flight():
        try:
            response = await _response(visit)
        except Refusal as refusal:
            response = _refused(visit, refusal)
        except AwsError as error:  # what is not built, and what a service refused that nobody expected
            response = _refused(visit, _passed_on(error))
        compression.pack(visit, response)
        call.hop.ended_ms = call.world.clock.now_ms
        if visit.refusal is None:
            visit.info("Successfully completed execution")
        visit.info(f"Method completed with status: {response.status}")
        if logging.is_wanted(visit) and response.status != 413:  # which AWS does not log
            await logging.write(visit, response)
        _on_record(visit, response)
        tracing.end(visit, response)
    return _identified(visit, response)


async def tested(visit: Visit, method: MethodPlan) -> HttpResponse:
    """The response of a method that is tested as it is now; a refusal is an answer like any other."""
    with visit.call.world.flight():
        try:
            response = await executed(visit, method)
        except Refusal as refusal:
            for line in refusal.logged:
                visit.error(line)
            visit.call.explain("TestInvokeMethod", visit.source_arn, refusal.why, refusal.code)
            response = gateway_responses.answered(visit, refusal)
        if visit.refusal is None:
            visit.info("Successfully completed execution")
        visit.info(f"Method completed with status: {response.status}")
    return response


async def _response(visit: Visit) -> HttpResponse:
    method = visit.method
    if visit.client.why is not None:
        raise refusals.forbidden(visit.client.why, visit.client.logged)
    if not authorizing.is_within_reach(visit):
        raise authorizing.out_of_reach(visit)
    if method is None:
        raise _no_method(visit)
    if len(visit.body) > compression.BYTES_MAX:
        raise compression.too_large(len(visit.body))
    if not authorizing.needs_nobody(visit, method):
        await authorizing.authorize(visit, method)
    state = visit.call.state(RestState)
    admitted = None
    if method.key_required:
        admitted = keys.admit(visit, state)
    elif visit.is_logged:
        _log_open(visit)
    throttling.throttle(visit, admitted)
    if admitted is not None:
        keys.count(visit, state, admitted)
    return await executed(visit, method)


async def executed(visit: Visit, method: MethodPlan) -> HttpResponse:
    """The response of a method whose caller may call it: validated, out of the cache or of the integration."""
    compression.unpack(visit)
    if visit.is_logged:
        _log_request(visit)
    if method.checks_parameters or method.checks_body:
        validating.check(visit, method)
    key = caching.key_of(visit, method) if visit.setting.caching_enabled else None
    if key is not None:
        held = caching.held(visit, key)
        if held is not None:
            return held
    response = await integrating.integrate(visit, method)
    if key is not None:
        caching.hold(visit, key, response)
    if visit.is_logged:
        visit.trace(f"Method response body after transformations: {response.body.decode('utf-8', 'replace')}")
        visit.trace(f"Method response headers: {shown(dict(response.headers))}")
    return response


def _refused(visit: Visit, refusal: Refusal) -> HttpResponse:
    for line in refusal.logged:
        visit.error(line)
    call = visit.call
    hop = call.hop
    hop.code, hop.why, hop.ended_ms = refusal.code, refusal.why, call.world.clock.now_ms
    call.world.state(Traces).keep(hop)
    return gateway_responses.answered(visit, refusal)


def _passed_on(error: AwsError) -> Refusal:
    if error.status == 501:
        refusal = Refusal("API_CONFIGURATION_ERROR", error.message, error.why, status=501, logged=(error.message,))
        refusal.code = error.code
        return refusal
    line = f"Execution failed due to an internal error: {error.message}"
    return Refusal("API_CONFIGURATION_ERROR", refusals.INTERNAL, error.why, status=500, logged=(line,))


def _no_method(visit: Visit) -> Refusal:
    """AWS does not tell a path that is not there from one that wants a signature; the reasons do."""
    call, request = visit.call, visit.request
    if "authorization" in request.by_name():  # what is there is read as a signature, whatever it is
        try:
            _ = request.caller
        except AwsError as error:
            return authorizing.bad_signature(error)
    state = call.state(RestState)
    api, stage = visit.api.id, visit.stage.stage_name
    asked = f"{request.method} {visit.path}"
    now: Node[Resource] = Node()
    for resource in under(state.resources, api):
        now.put(resource.path, resource)
    since = now.find(visit.path)
    deployment = call.fact(visit.stage_arn, "deploymentId", visit.deployment)
    if visit.resource_path:
        cause = f"The resource {visit.resource_path} has no method {request.method} in the stage's deployment."
    else:
        cause = f"There is no resource for {asked} in the stage's deployment."
    if since is not None and {request.method, "ANY"} & since[0].resource_methods.keys():
        cause += " The API has it by now: it was made after the deployment."
        remedy = f"aws apigateway create-deployment --rest-api-id {api} --stage-name {stage}"
    else:
        remedy = f"aws apigateway get-resources --rest-api-id {api} --embed methods"
    why = Why("refused", cause, (deployment, Fact("request", "method and path", asked)), (remedy,))
    return refusals.missing_token(why)


def _on_record(visit: Visit, response: HttpResponse) -> None:
    """What AWS's metrics count."""
    call, clock = visit.call, visit.call.world.clock
    method = visit.method
    call.happened(
        "apigateway.Request",
        visit.stage_arn,
        api=visit.api.name,
        stage=visit.stage.stage_name,
        path=visit.resource_path,
        method=method.http_method if method is not None else "",
        is_detailed=visit.setting.metrics_enabled and method is not None,
        status=response.status,
        latency_ms=clock.now_ms - call.hop.at_ms,  # `call.now` is read anew after waiting
        integration_ms=visit.integration_ms,
        cache=visit.cache_outcome,
        response_type=visit.response_kind,
        is_canary=visit.is_canary,
    )


def _identified(visit: Visit, response: HttpResponse) -> HttpResponse:
    headers = response.headers
    names = {name.lower() for name, _ in headers}
    own = [("x-amzn-RequestId", visit.call.request_id), ("x-amz-apigw-id", visit.extended_id)]
    if visit.refusal is None:
        if "x-amzn-requestid" in names:  # a backend's goes out under another name
            headers = [
                ("x-amzn-Remapped-x-amzn-RequestId", value) if name.lower() == "x-amzn-requestid" else (name, value)
                for name, value in headers
            ]
        if "x-amzn-trace-id" not in names and visit.integration_status:
            own.append(("X-Amzn-Trace-Id", visit.trace_header))
    response.headers = [*headers, *own]
    return response


def _log_open(visit: Visit) -> None:
    place, request_id = f"{visit.api.id}/{visit.stage.stage_name}", visit.call.request_id
    method = f"{visit.request.method} {visit.resource_path}"
    visit.info(f"Verifying Usage Plan for request: {request_id}. API Key:  API Stage: {place}")
    visit.info(
        f"API Key  authorized because method '{method}' does not require API Key. "
        "Request will not contribute to throttle or quota limits"
    )
    visit.info(f"Usage Plan check succeeded for API Key  and API Stage {place}")


def _log_request(visit: Visit) -> None:
    visit.info(f"Starting execution for request: {visit.call.request_id}")
    visit.info(f"HTTP Method: {visit.request.method}, Resource Path: {visit.resource_path}")
    visit.trace(f"Method request path: {shown(visit.path_parameters)}")
    visit.trace(f"Method request query string: {shown({name: values[-1] for name, values in visit.query.items()})}")
    visit.trace(f"Method request headers: {shown({name: values[-1] for name, values in visit.headers.items()})}")
    visit.trace(f"Method request body before transformations: {visit.body.decode('utf-8', 'replace')}")
