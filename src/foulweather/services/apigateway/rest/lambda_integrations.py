"""Functions behind methods: with the whole request as their event (AWS_PROXY), or with what templates make (AWS).

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-custom-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, cast

import msgspec

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.rest import events, functions, mapping, payloads, refusals, translating
from foulweather.services.apigateway.rest.functions import Function, Invoked
from foulweather.services.apigateway.rest.mapping import Answer
from foulweather.services.apigateway.rest.plans import JSON, IntegrationPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.rest.waiting import OutOfTime, within

_encode = msgspec.json.Encoder().encode
KNOWN = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
HOPS = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})


async def proxied(visit: Visit, integration: IntegrationPlan, function: Function) -> HttpResponse:
    """Run a function with the request as its event; its answer says status, headers and body."""
    payload = _encode(events.proxy_request(visit))
    if visit.is_logged:
        _log_request(visit, integration, payload)
    invoked = await _invoked(visit, integration, function, payload)
    if invoked.error:
        raise _function_failed(visit, function, invoked)
    return _answered(visit, function, invoked.payload)


async def custom(visit: Visit, integration: IntegrationPlan, function: Function) -> HttpResponse:
    """Run a function with what a template makes of the request, and make a response of its answer."""
    payload = translating.request_body(visit, integration) or b"{}"
    mapped = mapping.request(visit, integration)
    how = next((v[-1] for name, v in mapped.headers.items() if name.lower() == "x-amz-invocation-type"), "")
    if visit.is_logged:
        _log_request(visit, integration, payload)
    invoked = await _invoked(visit, integration, function, payload, how=how)
    matched = ""
    if invoked.error:
        visit.integration_error = invoked.payload.decode("utf-8", "replace")
        try:
            matched = str(json.loads(invoked.payload).get("errorMessage") or "")
        except (ValueError, AttributeError, RecursionError):
            matched = visit.integration_error
        visit.error(f"Lambda execution failed with status 200 due to customer function error: {matched}.")
    answer = Answer(202 if how == "Event" else 200, (("Content-Type", JSON),), invoked.payload, matched)
    return translating.response(visit, integration, answer)


async def _invoked(
    visit: Visit, integration: IntegrationPlan, function: Function, payload: bytes, *, how: str = ""
) -> Invoked:
    clock = visit.call.world.clock
    if integration.http_method != "POST":
        raise _wrong_method(visit, integration)
    credentials = integration.credentials_with(visit.variables)
    began_ms = clock.now_ms
    try:
        invoked = await within(
            visit.call,
            integration.timeout_ms,
            functions.invoke(visit, function, credentials, visit.source_arn, payload, how=how),
        )
    except OutOfTime:
        raise timed_out(visit, integration, f"The function {function.name}", _timeout_facts(function)) from None
    except AwsError as error:
        visit.integration_status = error.status
        raise functions.not_invoked(visit, function, visit.source_arn, credentials, error) from None
    finally:
        visit.integration_ms = clock.now_ms - began_ms
    visit.integration_status = 200
    if visit.is_logged:
        visit.info(f"Received response. Status: 200, Integration latency: {visit.integration_ms} ms")
        visit.trace(f"Endpoint response body before transformations: {invoked.payload.decode('utf-8', 'replace')}")
    return invoked


def timed_out(visit: Visit, integration: IntegrationPlan, what: str, remedy: tuple[str, ...] = ()) -> Refusal:
    """Nothing came within the integration's time-out; what stands behind goes on all the same."""
    why = refusals.failed(
        f"{what} did not answer within the integration's {integration.timeout_ms} ms; it goes on by itself.",
        visit.integration_fact("timeoutInMillis", integration.timeout_ms),
        visit.integration_fact("uri", integration.uri),
        remedy=remedy,
    )
    visit.integration_status = 504
    return Refusal("INTEGRATION_TIMEOUT", refusals.TIMED_OUT, why, logged=("Execution failed due to a timeout error",))


def _timeout_facts(function: Function) -> tuple[str, ...]:
    return (
        f"aws lambda get-function-configuration --function-name {function.arn} --query Timeout",
        f"aws logs tail /aws/lambda/{function.name.partition(':')[0]}",
    )


def _wrong_method(visit: Visit, integration: IntegrationPlan) -> Refusal:
    why = refusals.failed(
        f"The integration calls Lambda by {integration.http_method}; an invocation is always a POST.",
        visit.integration_fact("httpMethod", integration.http_method),
        remedy=(
            f"aws apigateway update-integration --rest-api-id {visit.api.id} --resource-id {visit.resource_id} "
            f"--http-method {visit.method.http_method if visit.method else ''} "
            "--patch-operations op=replace,path=/httpMethod,value=POST",
            f"aws apigateway create-deployment --rest-api-id {visit.api.id} --stage-name {visit.stage.stage_name}",
        ),
    )
    visit.integration_status = 403
    lines = (
        "Endpoint response body before transformations: <AccessDeniedException>\n  <Message>Unable to determine "
        "service/operation name to be authorized</Message>\n</AccessDeniedException>\n",
        f"Lambda invocation failed with status: 403. Lambda request id: {visit.call.request_id}",
    )
    return Refusal("API_CONFIGURATION_ERROR", refusals.INTERNAL, why, logged=lines)


def _function_failed(visit: Visit, function: Function, invoked: Invoked) -> Refusal:
    text = invoked.payload.decode("utf-8", "replace")
    visit.integration_error = text
    why = refusals.failed(
        f"The function {function.name} failed: {text[:500]}",
        Fact(function.arn, "FunctionError", invoked.error),
        Fact(function.arn, "error", text[:2000]),
        remedy=(f"aws logs tail /aws/lambda/{function.name.partition(':')[0]}",),
    )
    line = f"Lambda execution failed with status 200 due to customer function error: {text}"
    return Refusal("DEFAULT_5XX", refusals.INTERNAL, why, status=502, logged=(line,))


def _answered(visit: Visit, function: Function, payload: bytes) -> HttpResponse:
    """What a proxy function's answer says; one that is not of the form is a 502."""
    try:
        told: Any = json.loads(payload)
    except (ValueError, RecursionError):
        raise _malformed(visit, function, payload, "it is not JSON") from None
    if told is None:
        told = {}
    if not isinstance(told, dict):
        raise _malformed(visit, function, payload, "it is no object")
    answer = cast("dict[str, Any]", told)
    unknown = sorted(set(answer) - KNOWN)
    if unknown:
        raise _malformed(visit, function, payload, f"it has members that mean nothing here: {', '.join(unknown)}")
    status = _status(answer.get("statusCode"))
    if status is None:
        raise _malformed(visit, function, payload, "it has no statusCode")
    body: Any = answer.get("body")
    if body is not None and not isinstance(body, str):
        raise _malformed(visit, function, payload, "its body is no string: JSON must be put into one")
    try:
        headers = _headers(answer)
    except (TypeError, AttributeError):
        raise _malformed(visit, function, payload, "its headers are no map of names to values") from None
    content = (body or "").encode("utf-8", "replace")
    if answer.get("isBase64Encoded") is True and payloads.wants_binary(visit):
        try:
            content = base64.b64decode(content, validate=True)
        except (ValueError, binascii.Error):
            raise _malformed(visit, function, payload, "its body is not base64, as isBase64Encoded says") from None
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", JSON))
    return HttpResponse(status, headers, content)


def _status(given: Any) -> int | None:
    if isinstance(given, bool):
        return None
    try:
        status = int(given)
    except (TypeError, ValueError, OverflowError):  # JSON's Infinity
        return None
    return status if 200 <= status <= 599 else None


def _headers(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Single values, then lists of them; where a name is in both, the list counts."""
    many: dict[str, Any] = answer.get("multiValueHeaders") or {}
    single: dict[str, Any] = answer.get("headers") or {}
    lower = {name.lower() for name in many}
    found = [(name, _text(value)) for name, value in single.items() if name.lower() not in lower]
    for name, values in many.items():
        if not isinstance(values, list):
            raise TypeError(name)
        found += [(name, _text(value)) for value in cast("list[Any]", values)]
    return [
        (mapping.renamed(name), mapping.clean(value))
        for name, value in found
        if name.lower() not in HOPS and name.isascii() and name.isprintable()
    ]


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise TypeError("a header is no text")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _malformed(visit: Visit, function: Function, payload: bytes, problem: str) -> Refusal:
    shown = payload[:2000].decode("utf-8", "replace")
    why = refusals.failed(
        f"The answer of {function.name} is none of the Lambda proxy integration: {problem}.",
        Fact(function.arn, "answer", shown),
        remedy=("return {'statusCode': 200, 'headers': {}, 'body': json.dumps(...), 'isBase64Encoded': False}",),
    )
    return refusals.misconfigured(why, "Malformed Lambda proxy response", status=502)


def _log_request(visit: Visit, integration: IntegrationPlan, payload: bytes) -> None:
    uri = integration.uri_with(visit.variables)
    region, path = uri.split(":")[3], uri.partition(":path")[2]
    url = f"https://lambda.{region}.amazonaws.com{path if path.startswith('/') else f'/{path}'}"
    visit.info(f"Endpoint request URI: {url}")
    told = {
        "x-amzn-lambda-integration-tag": visit.call.request_id,
        "X-Amzn-Trace-Id": visit.trace_header,
        "x-amzn-apigateway-api-id": visit.api.id,
    }
    visit.trace(f"Endpoint request headers: {mapping.shown(told)}")
    visit.trace(f"Endpoint request body after transformations: {payload.decode('utf-8', 'replace')}")
    visit.info(f"Sending request to {url}")
