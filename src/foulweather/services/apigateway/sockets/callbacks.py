"""`@connections`: the backend's way to a client, under the API's own address and signed for `execute-api`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import unquote

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.ports import Ports
from foulweather.services.apigateway.rest import authorizing, refusals
from foulweather.services.apigateway.rest.addresses import stage_of
from foulweather.services.apigateway.sockets.plans import Place
from foulweather.services.apigateway.state import Places

SERVICE = "apigatewaymanagementapi"
OPERATIONS = {"POST": "PostToConnection", "GET": "GetConnection", "DELETE": "DeleteConnection"}
PREFIX = "/@connections/"


def connection_of(path: str) -> str | None:
    """The connection that a path below a stage names; None where it is another path."""
    path = unquote(path)
    return path[len(PREFIX) :] if path.startswith(PREFIX) else None


async def answer(pipeline: Pipeline, request: HttpRequest, place: Place, connection_id: str) -> HttpResponse:
    """Carry out what a backend asks of a connection, through the same gates as any call."""
    try:
        caller = cast("Any", request.caller)
        name = OPERATIONS.get(request.method)
        if caller is None or name is None:
            why = refusals.refused(f"{request.method} {request.path} is no signed request to a connection.")
            raise refusals.missing_token(why)
    except AwsError as error:
        refusal = error if isinstance(error, refusals.Refusal) else authorizing.bad_signature(error)
        return _refused(refusal, pipeline.world.ids.uuid())
    call = Call(
        pipeline,
        SERVICE,
        name,
        place.account,
        place.region,
        caller.principal,
        access_key_id=caller.access_key_id,
        session=caller.session,
        origin=Origin(request.peer, request.tls, request.header("user-agent"), request.header("host")),
    )
    return await _carried_out(call, request, place, connection_id)


async def spoken(ports: Ports, api: str, request: HttpRequest) -> HttpResponse:
    """The same for an integration with `<api>.execute-api:path/<stage>/@connections/…`, as its role."""
    parent = ports.call
    registered = parent.world.state(Places).apis.get(api)
    stage, path = stage_of(request.path)
    connection_id, name = connection_of(path), OPERATIONS.get(request.method)
    if registered is None or registered.kind != "WEBSOCKET" or connection_id is None or name is None:
        why = refusals.refused(f"{request.method} {request.path} of {api} is no connection of a WebSocket API.")
        return _refused(AwsError("ForbiddenException", "Forbidden", 403, why=why), parent.request_id)
    call = Call(
        parent.pipeline,
        SERVICE,
        name,
        registered.account,
        registered.region,
        ports.principal,
        session=ports.session,
        origin=parent.origin,
        source_arn=ports.source_arn,
        source_account=ports.source_account,
        trace_id=parent.trace_id,
        parent_id=parent.request_id,
    )
    place = Place(registered.account, registered.region, api, stage, request.header("host"))
    return await _carried_out(call, request, place, connection_id)


async def _carried_out(call: Call, request: HttpRequest, place: Place, connection_id: str) -> HttpResponse:
    pipeline, name = call.pipeline, call.operation
    asked: dict[str, Any] = {"ConnectionId": connection_id, "ApiId": place.api, "Stage": place.stage}
    if name == "PostToConnection":
        asked["Data"] = request.body
    try:
        result = pipeline.run(call, pipeline.services.operation(SERVICE, name), asked)
        if inspect.isawaitable(result):
            result = await result
    except AwsError as error:
        return _refused(error, call.request_id)
    status = 204 if name == "DeleteConnection" else 200
    body = _told(result) if name == "GetConnection" else b""
    return HttpResponse(status, [("Content-Type", "application/json"), ("x-amzn-RequestId", call.request_id)], body)


def _told(result: dict[str, Any]) -> bytes:
    identity = result["Identity"]
    told = {
        "connectedAt": _time(result["ConnectedAt"]),
        "identity": {"sourceIp": identity["SourceIp"], "userAgent": identity["UserAgent"]},
        "lastActiveAt": _time(result["LastActiveAt"]),
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


def _refused(error: AwsError, request_id: str) -> HttpResponse:
    body = json.dumps({"message": error.message}, separators=(",", ":"), ensure_ascii=False).encode()
    headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", error.code)]
    return HttpResponse(error.status, headers, body)
