"""Requests to HTTP APIs, by the host name of one or by a custom domain name; where nothing answers there, why not."""

from __future__ import annotations

import json
from collections.abc import Awaitable

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.clients import Client
from foulweather.services.apigateway.http import stages
from foulweather.services.apigateway.http.plans import Plans
from foulweather.services.apigateway.mapped_requests import Target
from foulweather.services.apigateway.region_records import Place as Registered
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2.records import Api, Stage
from foulweather.services.apigateway.v2.state import HttpState
from foulweather.world.world import World


def by_host(
    pipeline: Pipeline, request: HttpRequest, registered: Registered, api_id: str, path: str
) -> HttpResponse | Awaitable[HttpResponse]:
    """Answer a request to an API's own host name."""
    world = pipeline.world
    state = world.state(HttpState, registered.account, registered.region)
    api = state.apis[api_id]
    arn = f"arn:aws:apigateway:{registered.region}::/apis/{api_id}"
    found = stages.chosen(state, api_id, path)
    if found is None:
        known = [each.stage_name for each in under(state.stages, api_id)]
        cause = f"The API {api.name} has no stage for {path}, and none named $default; it has {known or 'none'}."
        remedy = f"aws apigatewayv2 create-stage --api-id {api_id} --stage-name '$default' --auto-deploy"
        return _not_found(world, api, Why("refused", cause, (Fact(arn, "stages", known),), (remedy,)))
    stage, rest = found
    deployment = state.deployments.get(f"{api_id}/{stage.deployment_id}")
    if deployment is None:
        return _not_deployed(world, api, stage, arn)
    if Plans.of(world).plan(api_id, deployment).is_disabled:
        cause = f"The API {api.name} answers under its custom domain names only: its own endpoint is disabled."
        remedy = f"aws apigatewayv2 update-api --api-id {api_id} --no-disable-execute-api-endpoint"
        fact = Fact(arn, "DisableExecuteApiEndpoint", True)
        return _not_found(world, api, Why("refused", cause, (fact,), (remedy,)))
    domain = f"{api_id}.execute-api.{registered.region}.amazonaws.com"
    place = stages.Place(registered.account, registered.region, api, stage, rest, domain, "")
    return stages.answer(pipeline, request, place)


def by_domain(
    pipeline: Pipeline, request: HttpRequest, registered: Registered, target: Target, domain: str, client: Client
) -> HttpResponse | Awaitable[HttpResponse]:
    """Answer a request to a custom domain name that leads to an API's stage."""
    state = pipeline.world.state(HttpState, registered.account, registered.region)
    api_id, stage_name = target.api_id, target.stage
    api = state.apis[api_id]
    stage = state.stages.get(f"{api_id}/{stage_name}")
    arn = f"arn:aws:apigateway:{registered.region}::/apis/{api_id}"
    if stage is None:
        cause = f"The domain name {domain} leads to a stage {stage_name!r} that {api.name} does not have."
        return _not_found(pipeline.world, api, Why("refused", cause, (Fact(arn, "stage", stage_name),)))
    if f"{api_id}/{stage.deployment_id}" not in state.deployments:
        return _not_deployed(pipeline.world, api, stage, arn)
    account, region = registered.account, registered.region
    place = stages.Place(account, region, api, stage, target.path, domain, target.base_path, client)
    return stages.answer(pipeline, request, place)


def _not_deployed(world: World, api: Api, stage: Stage, arn: str) -> HttpResponse:
    cause = f"Nothing is deployed to the stage {stage.stage_name} of {api.name}."
    remedy = f"aws apigatewayv2 create-deployment --api-id {api.api_id} --stage-name '{stage.stage_name}'"
    fact = Fact(f"{arn}/stages/{stage.stage_name}", "DeploymentId", None)
    return _not_found(world, api, Why("refused", cause, (fact,), (remedy,)))


def _not_found(world: World, api: Api, why: Why) -> HttpResponse:
    """No stage answers: a refusal that is on record all the same."""
    request_id, now_ms = world.ids.uuid(), world.clock.now_ms
    hop = Hop(request_id, request_id, "", "apigatewayv2", "Invoke", "*", "", "", now_ms, now_ms)
    hop.code, hop.why, hop.resource = "NotFoundException", why, api.api_id
    traces = world.state(Traces)
    traces.begin(hop)
    traces.keep(hop)
    body = json.dumps({"message": "Not Found"}, separators=(",", ":")).encode()
    return HttpResponse(404, [("Content-Type", "application/json"), ("apigw-requestid", request_id)], body)
