"""What stands behind a route, asked for its answer; and what of that is told to the client."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import msgspec

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.rest import refusals, service_integrations
from foulweather.services.apigateway.rest.functions import Function, Invoked, function_of
from foulweather.services.apigateway.rest.mapping import Answer
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.translating import clean
from foulweather.services.apigateway.sockets import backends, context, functions, translating
from foulweather.services.apigateway.sockets.plans import IntegrationPlan
from foulweather.services.apigateway.sockets.turns import MESSAGE, Turn

_encode = msgspec.json.Encoder().encode


class Outcome(NamedTuple):
    """What came of an event: the status, which matters to a handshake, and what goes to the client."""

    status: int
    message: str | bytes = ""
    protocol: str = ""
    """The subprotocol that a function has chosen."""


async def integrate(turn: Turn, integration: IntegrationPlan | None) -> Outcome:
    """What stands behind the event's route, asked."""
    if integration is None:
        why = refusals.failed(
            f"The route {turn.route_key} has no integration.",
            turn.route_fact("Target", None),
            remedy=(f"aws apigatewayv2 get-routes --api-id {turn.connection.api}",),
        )
        raise refusals.misconfigured(why, "No integration defined for method")
    if integration.connection_type == "VPC_LINK":
        raise not_implemented("apigatewayv2", "CreateIntegration.ConnectionType=VPC_LINK")
    answers = turn.route is not None and turn.route.answers
    if integration.type == "MOCK":
        return _mocked(turn, integration, answers)
    clock = turn.call.world.clock
    began_ms = clock.now_ms
    turn.is_from_client = False
    try:
        if integration.type == "AWS_PROXY":
            return await _of_function(turn, integration)
        answer = await _answer(turn, integration)
    finally:
        turn.integration_ms = clock.now_ms - began_ms
    turn.integration_status = turn.integration_status or answer.status
    turn.log(f"Received response. Status: {answer.status}, Integration latency: {turn.integration_ms} ms")
    turn.log(f"Endpoint response body: {answer.body.decode('utf-8', 'replace')}", has_data=True)
    if answer.status >= 400:
        turn.integration_error = answer.body[:2000].decode("utf-8", "replace")
    if integration.type == "HTTP_PROXY":
        return Outcome(answer.status, answer.body.decode("utf-8", "replace"), _protocol(answer.headers))
    # Other integrations' statuses are an answer like any other: a handshake is not refused by them, but by a template.
    return Outcome(turn.status, translating.message(turn, integration, answer)) if answers else Outcome(200)


async def _answer(turn: Turn, integration: IntegrationPlan) -> Answer:
    """The answer of what is no function with the whole event."""
    body = turn.body.encode() if integration.type == "HTTP_PROXY" else translating.request_body(turn, integration)
    mapped = translating.mapped(turn, integration)
    if integration.type == "HTTP_PROXY" and turn.kind != MESSAGE:
        own = {name.lower() for name in mapped.headers}
        passed = {n: v for n, v in turn.headers.items() if n.lower() not in own and n.lower() != "host"}
        mapped = mapped._replace(headers={**passed, **mapped.headers}, query={**turn.query, **mapped.query})
    if integration.type in ("HTTP", "HTTP_PROXY"):
        return await backends.sent(turn, integration, mapped, body)
    uri = integration.uri_with(turn.variables)
    function = function_of(uri)
    if function is not None:
        invoked = await _invoked(turn, integration, function, body or b"{}")
        if invoked.error:
            turn.integration_status = 500
        return Answer(200, (("Content-Type", translating.JSON),), invoked.payload, "")
    target = service_integrations.target_of(uri)
    if target is None:
        raise _no_address(turn, uri)
    return await backends.asked(turn, integration, target, mapped, body)


def _mocked(turn: Turn, integration: IntegrationPlan, answers: bool) -> Outcome:
    """The answer with the status that the request template names.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
    """
    body = translating.request_body(turn, integration)
    try:
        status = int(json.loads(body)["statusCode"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        why = refusals.failed(
            'What the request template makes is no JSON object with a number "statusCode".',
            turn.integration_fact("RequestTemplates", body[:500].decode("utf-8", "replace")),
        )
        turn.is_from_client = False
        raise refusals.misconfigured(why, "Unable to parse statusCode. It should be an integer.") from None
    turn.is_from_client = False
    turn.status = turn.integration_status = status
    if not answers:
        return Outcome(status)
    message = translating.message(turn, integration, Answer(status, (), b"", str(status)))
    return Outcome(turn.status, message)


async def _invoked(turn: Turn, integration: IntegrationPlan, function: Function, payload: bytes) -> Invoked:
    if integration.method not in ("", "POST"):
        why = refusals.failed(
            f"The integration calls Lambda by {integration.method}; an invocation is always a POST.",
            turn.integration_fact("IntegrationMethod", integration.method),
            remedy=(
                f"aws apigatewayv2 update-integration --api-id {turn.connection.api} "
                f"--integration-id {integration.id} --integration-method POST",
            ),
        )
        raise refusals.misconfigured(why, "Unable to determine service/operation name to be authorized")
    credentials = integration.credentials_with(turn.variables)
    return await functions.invoke(turn, function, credentials, turn.arn, payload, integration.timeout_ms)


async def _of_function(turn: Turn, integration: IntegrationPlan) -> Outcome:
    """Run a function with the whole event; what it answers has a status, and what its body says is the message."""
    uri = integration.uri_with(turn.variables)
    function = function_of(uri)
    if function is None:
        raise _no_address(turn, uri)
    invoked = await _invoked(turn, integration, function, _encode(context.proxy_event(turn)))
    text = invoked.payload.decode("utf-8", "replace")
    if invoked.error:
        turn.integration_status, turn.integration_error = 502, text
        why = refusals.failed(
            f"The function {function.name} failed: {text[:500]}",
            Fact(function.arn, "FunctionError", invoked.error),
            Fact(function.arn, "error", text[:2000]),
            remedy=(f"aws logs tail /aws/lambda/{function.name.partition(':')[0]}",),
        )
        raise Refusal("DEFAULT_5XX", refusals.INTERNAL, why, status=502)
    turn.integration_status = 200
    turn.log("Received response. Status: 200")
    turn.log(f"Endpoint response body: {text}", has_data=True)
    return _told(turn, function, text)


def _told(turn: Turn, function: Function, text: str) -> Outcome:
    """What a function's answer says: it must be an object with a `statusCode`, and its body, if any, a string."""
    problem, status = "", 0
    answer: dict[str, Any] = {}
    try:
        told: Any = json.loads(text)
    except ValueError:
        told, problem = None, "it is not JSON"
    if isinstance(told, dict):
        answer = cast("dict[str, Any]", told)
        try:
            status = int(answer["statusCode"])
        except (KeyError, TypeError, ValueError):
            problem = "it has no statusCode"
        if answer.get("body") is not None and not isinstance(answer["body"], str):
            problem = "its body is no string: JSON must be put into one"
    else:
        problem = problem or "it is no object"
    headers: Any = answer.get("headers") or {}
    if not isinstance(headers, dict):
        problem = "its headers are no map of names to values"
    if problem or not 100 <= status <= 599:
        turn.integration_status, turn.integration_error = 502, text
        why = refusals.failed(
            f"The answer of {function.name} is none of the Lambda proxy integration: {problem or 'no such status'}.",
            Fact(function.arn, "answer", text[:2000]),
            remedy=("return {'statusCode': 200, 'body': json.dumps(...)}",),
        )
        raise refusals.misconfigured(why, "Malformed Lambda proxy response", status=502)
    if status >= 400:
        turn.integration_status = status
    protocol = _protocol(cast("dict[str, Any]", headers).items())
    message: str | bytes = (answer.get("body") or "").encode("utf-8", "replace").decode()
    if answer.get("isBase64Encoded") is True and isinstance(message, str):
        with contextlib.suppress(ValueError):
            message = base64.b64decode(message, validate=True)
    return Outcome(status, message, protocol)


def _protocol(headers: Iterable[tuple[str, Any]]) -> str:
    """The subprotocol that an answer to a handshake names.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
    """
    return next((clean(str(value)) for name, value in headers if name.lower() == "sec-websocket-protocol"), "")


def _no_address(turn: Turn, uri: str) -> Refusal:
    why = refusals.failed(
        f"The integration's URI {uri} names no function and no service's API.",
        turn.integration_fact("IntegrationUri", uri),
    )
    return refusals.misconfigured(why, "Invalid endpoint address")
