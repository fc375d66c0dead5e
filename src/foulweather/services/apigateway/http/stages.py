"""A request to an HTTP API: which of its stages is meant, what that answers with, and who asks."""

from __future__ import annotations

import base64
from typing import NamedTuple

from foulweather.kernel import tracing
from foulweather.kernel.call import Call, Origin
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Traces
from foulweather.kernel.tracing import Header
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.apigateway.clients import STRANGER, Client
from foulweather.services.apigateway.http import answering
from foulweather.services.apigateway.http.plans import Plans
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest.addresses import stage_of
from foulweather.services.apigateway.v2.records import Api, Stage
from foulweather.services.apigateway.v2.state import HttpState
from foulweather.world.flights import asking

DEFAULT = "$default"


class Place(NamedTuple):
    """Where a request goes: an API's stage, the path below it, and by which name it came there."""

    account: str
    region: str
    api: Api
    stage: Stage
    path: str
    domain: str
    base_path: str
    client: Client = STRANGER


def chosen(state: HttpState, api: str, path: str) -> tuple[Stage, str] | None:
    """The stage that a path begins with, and what is left of it; or `$default`, and all of the path."""
    name, rest = stage_of(path)
    named = state.stages.get(f"{api}/{'$default' if name in ('%24default', DEFAULT) else name}") if name else None
    if named is not None:
        return named, rest
    default = state.stages.get(f"{api}/{DEFAULT}")
    return None if default is None else (default, path)


async def answer(pipeline: Pipeline, request: HttpRequest, place: Place) -> HttpResponse:
    """Answer a request to a stage of an HTTP API."""
    if request.stream is not None:
        size, pieces = 0, list[bytes]()
        async for piece in request.stream:
            size += len(piece)
            if size <= answering.BODY_BYTES_MAX + len(piece):
                pieces.append(piece)
        request.body, request.stream = b"".join(pieces), None
    return await answering.answer(visit(pipeline, request, place))


def visit(pipeline: Pipeline, request: HttpRequest, place: Place) -> Visit:
    """A request as a visit to the deployment that answers it."""
    world, api, stage = pipeline.world, place.api, place.stage
    state = world.state(HttpState, place.account, place.region)
    plan = Plans.of(world).plan(api.api_id, state.deployments[f"{api.api_id}/{stage.deployment_id}"])
    call, root = _call(pipeline, request, place)
    made = Visit(call, request, api, stage, plan, place.path, place.domain)
    made.base_path, made.client = place.base_path, place.client
    # HTTP APIs take no part in traces, and pass their headers on.
    text = request.header("x-amzn-trace-id")
    header = (tracing.read(text) if text else None) or Header(root)
    made.trace_header = text or str(header)
    tracing.carry(call, header, is_of_caller=False)
    found = plan.route(request.method, place.path)
    if found is not None:
        made.route, made.path_parameters = found
    return made


def _call(pipeline: Pipeline, request: HttpRequest, place: Place) -> tuple[Call, str]:
    """A visit of nobody in particular: no call of the API, but on record like one; and the id of a trace from here.

    Its id is of the form that HTTP APIs give (`JKJaXmPLvHcESHA=`), which is what clients and functions see.
    """
    asker = asking.get()
    origin = Origin(
        request.peer, request.tls, request.header("user-agent"), request.header("host"), request.header("referer")
    )
    call = Call(
        pipeline,
        "apigatewayv2",
        "GetApi",
        place.account,
        place.region,
        ANONYMOUS,
        origin=origin,
        trace_id="" if asker is None else asker.trace_id,
        parent_id="" if asker is None else asker.request_id,
    )
    root = tracing.root_of(call.request_id, call.now)
    short = base64.b64encode(bytes.fromhex(call.request_id.replace("-", ""))[:11], altchars=b"Aa").decode()
    if call.trace_id == call.request_id:
        call.trace_id = call.hop.trace_id = short
    call.request_id = call.hop.request_id = short
    call.hop.operation = "Invoke"
    call.resource = call.hop.resource = (
        f"arn:aws:execute-api:{place.region}:{place.account}:{place.api.api_id}/{place.stage.stage_name}/"
        f"{request.method}{place.path}"
    )
    pipeline.world.state(Traces).begin(call.hop)
    return call, root
