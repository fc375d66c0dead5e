"""Stages of API Gateway called by a Task (`apigateway:invoke`): over no wire, but through all that a visitor passes.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from inspect import isawaitable
from typing import Any, Final, NamedTuple, cast
from urllib.parse import quote, urlencode

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.trace import Traces
from foulweather.kernel.tracing import Headers
from foulweather.kernel.traffic import Traffic
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal, service
from foulweather.services.stepfunctions.shaping import Unusable
from foulweather.world.flights import Flight, asking

MODEL: Final = "execute-api"
"""What an `Asked` names in place of a model: a stage has none."""
PRINCIPAL: Final = "states.amazonaws.com"
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
AUTH_TYPES: Final = ("NO_AUTH", "IAM_ROLE", "RESOURCE_POLICY")
_MEMBERS: Final = frozenset(
    [
        "ApiEndpoint",
        "Method",
        "Headers",
        "Stage",
        "Path",
        "QueryParameters",
        "RequestBody",
        "AllowNullValues",
        "AuthType",
    ]
)
_ENDPOINT: Final = re.compile(r"[a-z0-9]+(-vpce-[a-z0-9]+)?\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
# "For security considerations, the following HTTP header keys are not currently permitted"
_FORBIDDEN: Final = frozenset(
    [
        "authorization",
        "connection",
        "content-md5",
        "expect",
        "host",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "transfer-encoding",
        "trailer",
        "upgrade",
        "via",
        "www-authenticate",
    ]
)
_FORBIDDEN_STARTS: Final = ("x-forwarded", "x-amz", "x-amzn")


class Signed(NamedTuple):
    """Who comes, as a stage asks for it: in process nothing needs to be signed."""

    principal: Principal
    account: str
    access_key_id: str
    session: Session
    source_arn: str = ""
    source_account: str = ""


def request_of(arguments: Any) -> dict[str, Any]:
    """The parameters of a call, checked; those that make no request are refused."""
    if not isinstance(arguments, dict):
        raise Unusable("The Parameters must be a JSON object")
    given = cast("dict[str, Any]", arguments)
    for name in given:
        if name not in _MEMBERS:
            raise Unusable(f"The field '{name}' is not supported by Step Functions")
    for name in ("ApiEndpoint", "Method"):
        if given.get(name) is None:
            raise Unusable(f"The field '{name}' is required but was missing")
    _require_text(given, "ApiEndpoint", "Method", "Stage", "Path", "AuthType")
    if not _ENDPOINT.fullmatch(given["ApiEndpoint"]):
        raise Unusable(f"The value for the field 'ApiEndpoint' is not valid: {given['ApiEndpoint']}")
    for name, allowed in (("Method", METHODS), ("AuthType", AUTH_TYPES)):
        if given.get(name, allowed[0]) not in allowed:
            raise Unusable(f"The value for the field '{name}' must be one of [{', '.join(allowed)}]")
    if given.get("RequestBody") is not None and given["Method"] not in ("PATCH", "POST", "PUT"):
        raise Unusable("The field 'RequestBody' is only supported for the methods PATCH, POST and PUT")
    for name in ("Headers", "QueryParameters"):
        if not isinstance(given.get(name) or {}, dict):
            raise Unusable(f"The value for the field '{name}' must be an object")
    for name in cast("dict[str, Any]", given.get("Headers") or {}):
        if name.lower() in _FORBIDDEN or name.lower().startswith(_FORBIDDEN_STARTS):
            raise Unusable(f"The header '{name}' is not permitted")
    return given


def _require_text(given: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if not isinstance(given.get(name) or "", str):
            raise Unusable(f"The value for the field '{name}' must be a STRING")


async def visit(call: Call, machine: str, principal: Principal, given: Mapping[str, Any]) -> dict[str, Any]:
    """Call a stage; what it answers is the result, and raised where its status is not one of success."""
    request = _request(given)
    kind = given.get("AuthType") or "NO_AUTH"
    session = Session(issued_ms=call.world.clock.now_ms)
    if kind == "IAM_ROLE":
        request.caller = Signed(principal, principal.account, "", session)
    elif kind == "RESOURCE_POLICY":
        request.caller = Signed(service(PRINCIPAL), "", "", session, machine, call.account)
    traffic = traffic_of(call, given["ApiEndpoint"])
    if traffic is None:
        raise not_implemented("stepfunctions", f"apigateway:invoke of {given['ApiEndpoint']}")
    response = await answered(call, traffic, request)
    if response.status // 100 != 2:
        raise _failure(call, given, response)
    return _result(response)


async def answered(call: Call, traffic: Traffic, request: HttpRequest) -> HttpResponse:
    """What a data plane of this world answers to a request, with its whole body; a trace goes on in it."""
    carried = Headers.of(call.world).by_request.get(call.request_id)
    if carried is not None:
        request.headers.append(("X-Amzn-Trace-Id", str(carried.header)))
    flight = Flight(call.world)
    flight.trace_id, flight.request_id = call.trace_id, call.request_id
    token = asking.set(flight)
    try:
        answer: Any = traffic.answer(call.pipeline, request)
        response = cast(HttpResponse, await answer if isawaitable(answer) else answer)
        if response.stream is not None:
            response.body = b"".join([piece async for piece in response.stream])
    finally:
        asking.reset(token)
    return response


def traffic_of(call: Call, host: str) -> Traffic | None:
    """The data plane that answers under a name; None where it is nobody's of this world."""
    services = call.pipeline.services
    found = next((each for each in services.all() if each.hosts and re.fullmatch(each.hosts, host)), None)
    if found is None or not found.has_traffic:
        return None
    return cast(Traffic, services.part(found, "traffic"))


def _request(given: Mapping[str, Any]) -> HttpRequest:
    nulls = given.get("AllowNullValues") is True
    path = "/".join(part.strip("/") for part in (given.get("Stage") or "", given.get("Path") or "") if part.strip("/"))
    headers = [("Host", given["ApiEndpoint"])]
    headers += _pairs(given.get("Headers"), keeps_nulls=nulls)
    held = given.get("RequestBody")
    body = b""
    if held is not None:
        body = (held if isinstance(held, str) else json.dumps(held if nulls else _without_nulls(held))).encode()
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
    query = urlencode(_pairs(given.get("QueryParameters"), keeps_nulls=nulls))
    trailing = "/" if (given.get("Path") or "").strip("/") and given["Path"].endswith("/") else ""
    return HttpRequest(given["Method"], quote(f"/{path}{trailing}", safe="/%:@!$&'()*+,;=~"), query, headers, body)


def _pairs(held: Mapping[str, Any] | None, *, keeps_nulls: bool) -> list[tuple[str, str]]:
    """Names with their values: "only allow a list of values associated with the same key"."""
    found: list[tuple[str, str]] = []
    for name, values in (held or {}).items():
        for value in cast("list[Any]", values if isinstance(values, list) else [values]):
            if value is not None:
                found.append((name, value if isinstance(value, str) else json.dumps(value)))
            elif keeps_nulls:
                found.append((name, "null"))
    return found


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(each) for k, each in cast("dict[str, Any]", value).items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in cast("list[Any]", value)]
    return value


def _result(response: HttpResponse) -> dict[str, Any]:
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        headers.setdefault(name, []).append(value)
    text = response.body.decode("utf-8", "replace")
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = text
    return {
        "Headers": headers,
        "ResponseBody": body,
        "StatusCode": response.status,
        "StatusText": status_text(response.status),
    }


def status_text(status: int) -> str:
    """The words of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _failure(call: Call, given: Mapping[str, Any], response: HttpResponse) -> AwsError:
    """The error `ApiGateway.<status>` with the response's body as its cause."""
    text = response.body.decode("utf-8", "replace")
    ids = [value for name, value in response.headers if name.lower() in ("x-amzn-requestid", "apigw-requestid")]
    trace = call.world.state(Traces).find(ids[-1]) if ids else None
    hops = [] if trace is None else [hop for hop in trace.hops if hop.request_id == ids[-1] and hop.why is not None]
    told = f"{given['Method']} of {given['ApiEndpoint']} was answered with {response.status}."
    facts = (Fact(given["ApiEndpoint"], "status", response.status),)
    because = tuple(hop.why for hop in hops if hop.why is not None)
    remedy = because[0].remedy if because else ()
    return AwsError(str(response.status), text, response.status, why=Why("failed", told, facts, remedy, because))
