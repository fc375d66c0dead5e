"""A request to a stage: which deployment answers it, with which settings, and who asks."""

from __future__ import annotations

import base64
from collections.abc import Awaitable
from typing import NamedTuple

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Traces
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.apigateway.clients import STRANGER, Client
from foulweather.services.apigateway.records import RestApi
from foulweather.services.apigateway.rest import answering, compression, logging, throttling, tracing
from foulweather.services.apigateway.rest.plans import MethodPlan, Plans, ResourcePlan
from foulweather.services.apigateway.rest.visit import DEFAULT_SETTING, Visit
from foulweather.services.apigateway.stage_records import Stage
from foulweather.services.apigateway.state import RestState
from foulweather.world.flights import Flight, asking


class Place(NamedTuple):
    """Where a request goes: an API's stage, the path below it, and by which name it came there."""

    account: str
    region: str
    api: RestApi
    stage: Stage
    path: str
    domain: str
    base_path: str
    client: Client = STRANGER


def answer(pipeline: Pipeline, request: HttpRequest, place: Place) -> Awaitable[HttpResponse]:
    """Answer a request to a stage of a REST API."""
    return _answer(pipeline, request, place, asking.get())  # who asks is known in this turn only


async def _answer(pipeline: Pipeline, request: HttpRequest, place: Place, asker: Flight | None) -> HttpResponse:
    if request.stream is not None:
        size, pieces = 0, list[bytes]()
        async for piece in request.stream:
            size += len(piece)
            if size <= compression.BYTES_MAX + 1:
                pieces.append(piece)
        request.body, request.stream = b"".join(pieces), None
    return await answering.answer(visit(pipeline, request, place, asker))


def visit(pipeline: Pipeline, request: HttpRequest, place: Place, asker: Flight | None = None) -> Visit:
    """A request as a visit to the deployment that answers it."""
    world = pipeline.world
    state = world.state(RestState, place.account, place.region)
    stage = place.stage
    deployment, is_canary = _deployment(pipeline, stage)
    plan = Plans.of(world).plan(place.api.id, state.deployments[f"{place.api.id}/{deployment}"])
    found = plan.root.find(place.path)
    resource = method = None
    values: dict[str, str] = {}
    if found is not None:
        resource, values = found
        method = resource.method(request.method)
    call = _call(pipeline, request, place, asker)
    made = Visit(call, request, place.api, stage, plan, place.path)
    made.deployment, made.is_canary = deployment, is_canary
    if is_canary and stage.canary_settings is not None and stage.canary_settings.stage_variable_overrides:
        made.variables = {**stage.variables, **stage.canary_settings.stage_variable_overrides}
    made.domain, made.base_path, made.client = place.domain, place.base_path, place.client
    if place.client.certificate is not None:
        made.identity["clientCert"] = place.client.certificate
    made.extended_id = base64.b64encode(bytes.fromhex(call.request_id.replace("-", ""))[:11]).decode()
    tracing.begin(made)
    _settle(made, resource, method, values)
    return made


def _settle(made: Visit, resource: ResourcePlan | None, method: MethodPlan | None, values: dict[str, str]) -> None:
    if resource is None:
        return
    made.resource_id, made.resource_path = resource.id, resource.path
    made.path_parameters = values
    made.method = method
    if method is not None:
        made.setting = throttling.setting_of(made, method.http_method) or DEFAULT_SETTING
        logging.begin(made)


def _deployment(pipeline: Pipeline, stage: Stage) -> tuple[str, bool]:
    canary = stage.canary_settings
    if canary is None or not canary.deployment_id or canary.percent_traffic <= 0:
        return stage.deployment_id, False
    is_canary = pipeline.world.random.random() * 100 < canary.percent_traffic
    return (canary.deployment_id, True) if is_canary else (stage.deployment_id, False)


def _call(pipeline: Pipeline, request: HttpRequest, place: Place, asker: Flight | None) -> Call:
    """A visit of nobody in particular: no call of the API, but on record like one."""
    origin = Origin(
        request.peer, request.tls, request.header("user-agent"), request.header("host"), request.header("referer")
    )
    call = Call(
        pipeline,
        "apigateway",
        "TestInvokeMethod",
        place.account,
        place.region,
        ANONYMOUS,
        origin=origin,
        trace_id="" if asker is None else asker.trace_id,
        parent_id="" if asker is None else asker.request_id,
    )
    call.hop.operation = "Invoke"
    call.resource = call.hop.resource = (
        f"arn:aws:execute-api:{place.region}:{place.account}:{place.api.id}/{place.stage.stage_name}/"
        f"{request.method}{place.path}"
    )
    pipeline.world.state(Traces).begin(call.hop)
    return call
