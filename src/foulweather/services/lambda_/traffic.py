"""Function URLs: HTTP requests that run a function, and what it answers.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.lambda_ import (
    code_locations,
    durable_starting,
    invoking,
    lineages,
    naming,
    url_answers,
    url_cors,
    url_events,
)
from foulweather.services.lambda_.addresses import PATHS, address_of
from foulweather.services.lambda_.records import Function, Url
from foulweather.services.lambda_.running import Asked
from foulweather.services.lambda_.state import LambdaState
from foulweather.services.lambda_.streaming import Streamed
from foulweather.world.world import World

PAYLOAD_BYTES_MAX = 6 * 1024 * 1024
BOTH_PERMISSIONS_MS = 1_759_276_800_000
"""2025-10-01."""


class Found(NamedTuple):
    """The function that a URL belongs to, and by which of its qualifiers."""

    function: Function
    qualifier: str
    url: Url


def serves(world: World, request: HttpRequest) -> bool:
    """Whether the function that the request is for lives in this world."""
    return _found(world, request) is not None or code_locations.serves(world, request)


async def answer(pipeline: Pipeline, request: HttpRequest) -> HttpResponse:
    """Run the function of a URL, and give its answer."""
    if request.path.startswith(PATHS) and address_of(request.header("host")) is None:
        return code_locations.answer(pipeline.world, request)
    found = _found(pipeline.world, request)
    if found is None:
        return url_answers.forbidden("")
    function, _, url = found
    if url_cors.is_preflight(request, url):
        return HttpResponse(200, url_cors.preflight(request, url))
    call, began_ms = _call(pipeline, request, function, url), pipeline.world.clock.now_ms
    with pipeline.world.flight():
        try:
            response = await _run(call, request, found)
        except AwsError as error:
            pipeline.refused(call, error)
            response = url_answers.refusal(call, error)
    call.hop.ended_ms = pipeline.world.clock.now_ms
    response.headers = url_cors.added(response.headers, request, url)
    call.happened(
        "lambda.UrlRequest",
        function.arn,
        function=function.name,
        qualifier=found.qualifier,
        status=response.status,
        latency_ms=call.hop.ended_ms - began_ms,
    )
    return response


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """Lambda's API has no CORS; a URL's answers have theirs already."""
    return []


async def _run(call: Call, request: HttpRequest, found: Found) -> HttpResponse:
    function, qualifier, url = found
    _require(call, request, found)
    body = await _body(request)
    reference = naming.resolve(call, function.qualified(qualifier), None)
    event = url_events.event(call, request, url, function, body)
    payload = json.dumps(event, separators=(",", ":")).encode()
    header: str = event["headers"]["x-amzn-trace-id"]
    lineage = lineages.of_call(call)
    if durable_starting.is_durable(reference):
        if url.invoke_mode == "RESPONSE_STREAM":
            raise not_implemented("lambda", "InvokeWithResponseStream of a durable function")
        ran = await durable_starting.run(call, reference, payload, source="lambda", lineage=lineage)
        return url_answers.failed(call) if ran.function_error else url_answers.answered(call, ran.payload)
    asked = invoking.asked_of(reference, payload, call.request_id, source="url", lineage=lineage, trace_header=header)
    if url.invoke_mode == "RESPONSE_STREAM":
        return await _streamed(call, asked)
    invoked = await invoking.finish(call, asked)
    if invoked.function_error:
        return url_answers.failed(call)
    return url_answers.answered(call, invoked.payload)


async def _streamed(call: Call, asked: Asked) -> HttpResponse:
    """Pass an answer on as it comes; a prelude in it says its status and headers."""
    streamed = Streamed(call, asked)
    await streamed.begun()
    if streamed.has_failed:
        return url_answers.failed(call)
    status, headers = url_answers.prelude(await streamed.prelude(), streamed.content_type)
    return HttpResponse(status, [*url_answers.identified(call), *headers], stream=_whole(streamed))


async def _whole(streamed: Streamed) -> AsyncIterator[bytes]:
    """Every piece; where the function fails on its way the connection breaks, since nothing else can tell of it."""
    async for piece in streamed.pieces():
        yield piece
    if (await streamed.invoked()).function_error:
        raise ConnectionAbortedError("the function has failed while it streamed its answer")


async def _body(request: HttpRequest) -> bytes:
    body = request.body
    if request.stream is not None:
        body = b"".join([piece async for piece in request.stream])
    if len(body) > PAYLOAD_BYTES_MAX:
        raise AwsError("RequestEntityTooLargeException", "Request must be smaller than 6291456 bytes", 413)
    return body


def _require(call: Call, request: HttpRequest, found: Found) -> None:
    """The permission lambda:InvokeFunctionUrl, for nobody in particular where the URL wants no signature.

    "Starting in October 2025, new function URLs will require both lambda:InvokeFunctionUrl and lambda:InvokeFunction".

    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    function, qualifier, url = found
    arn = function.qualified(qualifier)
    if url.auth_type == "AWS_IAM" and request.caller is None:
        raise AwsError(
            "AccessDeniedException",
            "Forbidden",
            403,
            facts=(call.fact(arn, "AuthType", url.auth_type), Fact("request", "signed", False)),
            remedy=("curl --aws-sigv4 aws:amz:REGION:lambda --user KEY:SECRET URL",),
        )
    document = function.policies.get(qualifier, "")
    held = call.state(LambdaState, function.account, function.region).held(arn, document)
    resource = Resource(arn, function.account, held, function.tags)
    conditions: Mapping[str, str | list[str]] = {"lambda:functionurlauthtype": url.auth_type}
    call.pipeline.require(call, Permission("lambda:InvokeFunctionUrl", resource, conditions))
    if url.created_ms >= BOTH_PERMISSIONS_MS:
        via_url = {**conditions, "lambda:invokedviafunctionurl": "true"}
        call.pipeline.require(call, Permission("lambda:InvokeFunction", resource, via_url))


def _call(pipeline: Pipeline, request: HttpRequest, function: Function, url: Url) -> Call:
    """A visit: no call of the API, but on record like one."""
    origin = Origin(
        request.peer, request.tls, request.header("user-agent"), request.header("host"), request.header("referer")
    )
    caller: Any = request.caller if url.auth_type == "AWS_IAM" else None
    principal = ANONYMOUS if caller is None else caller.principal
    call = Call(
        pipeline,
        "lambda",
        "Invoke",
        function.account,
        function.region,
        principal,
        access_key_id="" if caller is None else caller.access_key_id,
        session=None if caller is None else caller.session,
        origin=origin,
    )
    call.hop.operation = "InvokeFunctionUrl"
    call.resource = call.hop.resource = function.arn
    pipeline.world.state(Traces).begin(call.hop)
    return call


def _found(world: World, request: HttpRequest) -> Found | None:
    address = address_of(request.header("host"))
    if address is None:
        return None
    for state in world.store.states(LambdaState):
        if state.region != address.region:
            continue
        for function in state.functions.values():
            for qualifier, url in function.urls.items():
                if url.id == address.id:
                    return Found(function, qualifier, url)
    return None
