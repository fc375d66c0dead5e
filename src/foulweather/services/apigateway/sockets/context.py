"""What is known of an event: the `requestContext` of functions, `$context` of templates, and functions' events.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

from __future__ import annotations

from typing import Any

from foulweather.services.apigateway.rest.context import common_log_time
from foulweather.services.apigateway.rest.java_values import Map, shown
from foulweather.services.apigateway.sockets.turns import CONNECT, DISCONNECT, MESSAGE, Turn


def request_context(turn: Turn) -> dict[str, Any]:
    """The `requestContext` of the events that functions get."""
    call, connection = turn.call, turn.connection
    identity: dict[str, Any] = {"sourceIp": connection.origin.ip, **connection.identity}
    if connection.origin.user_agent:
        identity["userAgent"] = connection.origin.user_agent
    found: dict[str, Any] = {
        "routeKey": turn.route_key,
        "eventType": turn.kind,
        "extendedRequestId": turn.id,
        "requestTime": common_log_time(call.now),
        "messageDirection": "IN",
        "stage": connection.stage,
        "connectedAt": connection.connected_ms or call.now,
        "requestTimeEpoch": call.now,
        "identity": identity,
        "requestId": turn.id,
        "domainName": connection.domain,
        "connectionId": connection.id,
        "apiId": connection.api,
    }
    if turn.kind == MESSAGE:
        found["messageId"] = turn.message_id
    if turn.kind == DISCONNECT:
        found["disconnectStatusCode"] = turn.code
        found["disconnectReason"] = turn.reason
    if connection.authorizer is not None:
        found["authorizer"] = connection.authorizer
    return found


def proxy_event(turn: Turn) -> dict[str, Any]:
    """An event as a function behind a route gets it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
    """
    found: dict[str, Any] = {}
    if turn.kind != MESSAGE:
        found.update(_of_handshake(turn) if turn.kind == CONNECT else _of_end(turn))
    found["requestContext"] = request_context(turn)
    if turn.kind == MESSAGE:
        found["body"] = turn.body
    if turn.variables:
        found["stageVariables"] = turn.variables
    found["isBase64Encoded"] = False
    return found


def authorizer_event(turn: Turn) -> dict[str, Any]:
    """A handshake as the function that decides about it gets it."""
    found = {"type": "REQUEST", "methodArn": turn.arn, **_of_handshake(turn)}
    for name in ("queryStringParameters", "multiValueQueryStringParameters"):
        found.setdefault(name, {})
    found["stageVariables"] = turn.variables
    found["requestContext"] = request_context(turn)
    return found


def _of_handshake(turn: Turn) -> dict[str, Any]:
    headers, query = turn.headers, turn.query
    found: dict[str, Any] = {
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
    }
    if query:
        found["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
        found["multiValueQueryStringParameters"] = query
    return found


def _of_end(turn: Turn) -> dict[str, Any]:
    """What AWS tells of a connection that is gone: no header of the handshake."""
    headers = {"Host": turn.connection.domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    return {"headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()}}


def template_context(turn: Turn) -> Map:
    """`$context` as templates see it; what it does not hold prints as nothing."""
    found = Map(request_context(turn))
    found["identity"] = Map({name: value for name, value in found["identity"].items() if value is not None})
    found["authorizer"] = Map(found["authorizer"] or {})
    found["status"] = turn.status
    refusal = turn.refusal
    text = "" if refusal is None else refusal.text or ""
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    detail = "" if refusal is None else refusal.detail
    kind = "" if refusal is None else refusal.kind
    found["error"] = Map(message=text, messageString=quoted, validationErrorString=detail, responseType=kind)
    found["requestOverride"] = Map(header=Map(), path=Map(), querystring=Map())
    found["responseOverride"] = Map(header=Map())
    return found


def value(turn: Turn, path: str) -> str | None:
    """A variable by its path (`identity.sourceIp`); None where there is nothing."""
    found: Any = template_context(turn)
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if found is None:
            return None
    return shown(found) or None
