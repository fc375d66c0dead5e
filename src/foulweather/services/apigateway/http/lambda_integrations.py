"""Functions behind routes: with the request as their event; what they answer becomes the response, or it is inferred.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, cast
from urllib.parse import unquote

import msgspec

from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.http import events, functions, mapping, refusals
from foulweather.services.apigateway.http.mapping import Outgoing
from foulweather.services.apigateway.http.plans import IntegrationPlan
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest.functions import Function
from foulweather.services.apigateway.rest.translating import clean
from foulweather.services.apigateway.rest.waiting import OutOfTime

_encode = msgspec.json.Encoder().encode
HOPS = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})
JSON = "application/json"


class _Malformed(Exception):
    """An answer that is none of the format; the message says what is wrong with it."""


async def proxied(visit: Visit, integration: IntegrationPlan, function: Function) -> HttpResponse:
    """Run a function with the request as its event."""
    payload = _encode(events.proxy_request(_mapped(visit, integration), integration.version))
    clock = visit.call.world.clock
    credentials = integration.credentials_with(visit.variables)
    began_ms = clock.now_ms
    try:
        invoked = await functions.invoke(
            visit, function, credentials, visit.source_arn, payload, integration.timeout_ms
        )
    except OutOfTime:
        remedy = f"aws lambda get-function-configuration --function-name {function.arn} --query Timeout"
        raise timed_out(visit, integration, f"The function {function.name}", remedy) from None
    finally:
        visit.integration_ms = clock.now_ms - began_ms
    visit.integration_status = 200
    if invoked.error:
        raise _function_failed(visit, function, invoked.error, invoked.payload)
    try:
        return _inferred(invoked.payload) if integration.version == "2.0" else _stated(_object(invoked.payload), "1.0")
    except _Malformed as error:
        raise _malformed(visit, function, invoked.payload, str(error)) from None


def _mapped(visit: Visit, integration: IntegrationPlan) -> Visit:
    """The request as the integration's parameter mapping changes it."""
    if not integration.changes:
        return visit
    outgoing = Outgoing(visit, list(visit.request.headers))
    mapping.change_request(visit, integration.changes, outgoing)
    path = None if outgoing.path is None else unquote(outgoing.path)
    return visit.changed(outgoing.headers, outgoing.query_string(), path)


def timed_out(visit: Visit, integration: IntegrationPlan, what: str, remedy: str = "") -> Refusal:
    """Nothing came within the integration's time-out; what stands behind goes on all the same."""
    why = refusals.failed(
        f"{what} did not answer within the integration's {integration.timeout_ms} ms; it goes on by itself.",
        visit.integration_fact("TimeoutInMillis", integration.timeout_ms),
        visit.integration_fact("IntegrationUri", integration.uri or integration.subtype),
        remedy=(remedy,) if remedy else (),
    )
    visit.integration_status = 504
    return Refusal(503, why, logged="Endpoint request timed out")


def _inferred(payload: bytes) -> HttpResponse:
    """The format 2.0: an object with a `statusCode` says all, and everything else is a body of status 200."""
    try:
        told: Any = json.loads(payload)
    except (ValueError, RecursionError):
        raise _Malformed("it is not JSON") from None
    if isinstance(told, dict) and "statusCode" in told:
        return _stated(cast("dict[str, Any]", told), "2.0")
    body = told.encode("utf-8", "replace") if isinstance(told, str) else payload
    return HttpResponse(200, [("content-type", JSON)], body)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        told: Any = json.loads(payload)
    except (ValueError, RecursionError):
        raise _Malformed("it is not JSON") from None
    if not isinstance(told, dict):
        raise _Malformed("it is no object")
    return cast("dict[str, Any]", told)


def _stated(answer: dict[str, Any], version: str) -> HttpResponse:
    status = _status(answer.get("statusCode"))
    if status is None:
        raise _Malformed("it has no statusCode")
    headers = _headers(answer, version)
    body: Any = answer.get("body")
    if body is None:
        content = b""
    elif not isinstance(body, str):
        raise _Malformed("its body is not a string")
    elif answer.get("isBase64Encoded"):
        try:
            content = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise _Malformed("its body is not base64, and isBase64Encoded says so") from None
    else:
        content = body.encode("utf-8", "replace")
    if content and not any(name.lower() == "content-type" for name, _ in headers):
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
        headers.append(("content-type", "text/plain; charset=utf-8" if version == "2.0" else JSON))
    return HttpResponse(status, headers, content)


def _status(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        status = int(value)
    except (TypeError, ValueError, OverflowError):  # JSON's Infinity
        return None
    return status if 200 <= status <= 599 else None


def _headers(answer: dict[str, Any], version: str) -> list[tuple[str, str]]:
    """Single values; in the format 1.0 also lists of them, which count first, and in 2.0 `cookies`."""
    single = _members(answer, "headers")
    many = _members(answer, "multiValueHeaders") if version == "1.0" else {}
    lower = {name.lower() for name in many}
    found = [(name, _text(value)) for name, value in single.items() if name.lower() not in lower]
    for name, values in many.items():
        if not isinstance(values, list):
            raise _Malformed(f"its header {name} is no list")
        found += [(name, _text(value)) for value in cast("list[Any]", values)]
    cookies: Any = answer.get("cookies") if version == "2.0" else None
    if cookies is not None:
        if not isinstance(cookies, list):
            raise _Malformed("its cookies are no list")
        found += [("set-cookie", _text(value)) for value in cast("list[Any]", cookies)]
    return [
        (name, clean(value))
        for name, value in found
        if name.lower() not in HOPS and name.isascii() and name.isprintable()
    ]


def _members(answer: dict[str, Any], name: str) -> dict[str, Any]:
    found: Any = answer.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _Malformed(f"its {name} are no object")
    return cast("dict[str, Any]", found)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise _Malformed("a header is no text")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _function_failed(visit: Visit, function: Function, kind: str, payload: bytes) -> Refusal:
    text = payload.decode("utf-8", "replace")
    visit.integration_error = text
    why = refusals.failed(
        f"The function {function.name} failed: {text[:500]}",
        Fact(function.arn, "FunctionError", kind),
        Fact(function.arn, "error", text[:2000]),
        remedy=(f"aws logs tail /aws/lambda/{function.name.partition(':')[0]}",),
    )
    words = "The Lambda function returned the following error: "
    return Refusal(500, why, logged=f"{words}{text[:500]}. Check your Lambda function code and try again.")


def _malformed(visit: Visit, function: Function, payload: bytes, problem: str) -> Refusal:
    why = refusals.failed(
        f"What {function.name} answered is no response of the format: {problem}.",
        Fact(function.arn, "answer", payload[:2000].decode("utf-8", "replace")),
        visit.integration_fact("PayloadFormatVersion", None),
        remedy=("return {'statusCode': 200, 'headers': {}, 'body': json.dumps(...), 'isBase64Encoded': False}",),
    )
    words = "The response from the Lambda function doesn't match the format that API Gateway expects."
    return Refusal(500, why, logged=f"{words} Update your Lambda function code to use a supported format.")
