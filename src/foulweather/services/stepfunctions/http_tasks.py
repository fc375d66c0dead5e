"""HTTP tasks (`http:invoke`): an endpoint called with what a connection of EventBridge authorizes with.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from foulweather.engines import http_client
from foulweather.engines.http_client import HttpClient, Response
from foulweather.kernel import http_connections
from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.http_connections import Added
from foulweather.kernel.service import NO_TAGS, Permission, Resource
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.stepfunctions import gateways, http_requests
from foulweather.services.stepfunctions.http_requests import Outgoing
from foulweather.services.stepfunctions.shaping import Unusable
from foulweather.services.stepfunctions.state import SfnState

# "HTTP task requests will timeout after 60 seconds."
TIMEOUT_S: Final = 60
# What is read of an answer: a byte more than a payload may have, so that too much is noticed.
ANSWER_BYTES_MAX: Final = 262_145
SOCKET: Final = "States.Http.Socket"
RUNTIME: Final = "States.Runtime"
_TOKEN_REFUSED: Final = (401, 407)
_BINARY: Final = ("application/octet-stream", "image/", "video/", "audio/")


class Exchange:
    """What went over the wire, for TestState: with the connection's secrets, and without them."""

    def __init__(self) -> None:
        self.sent: Outgoing | None = None
        self.shown: Outgoing | None = None
        self.response: Response | None = None

    def told(self, *, reveals: bool) -> dict[str, Any]:
        """The members `request` and `response` of InspectionData."""
        request, response = self.sent if reveals else self.shown, self.response
        told: dict[str, Any] = {}
        if request is not None:
            protocol = urlsplit(request.url).scheme
            told["request"] = {
                "protocol": protocol,
                "method": request.method,
                "url": request.url,
                "headers": _listed(request.headers),
                "body": request.body.decode("utf-8", "replace"),
            }
            if response is not None:
                told["response"] = {
                    "protocol": protocol,
                    "statusCode": str(response.status),
                    "statusMessage": gateways.status_text(response.status),
                    "headers": _listed(response.fields),
                    "body": response.body.decode("utf-8", "replace"),
                }
        return told


def _listed(headers: http_connections.Pairs) -> str:
    return "[" + ", ".join(f"{name.lower()}: {value}" for name, value in headers) + "]"


async def invoke(
    call: Call, machine: str, principal: Principal, given: Mapping[str, Any], exchange: Exchange | None = None
) -> dict[str, Any]:
    """Call an endpoint; what it answers is the result, and raised where its status is not one of success.

    The codes of what is raised are the errors' names, as a Retry and a Catch have them.
    """
    arn = http_requests.connection_of(given)
    _judge(call, machine, principal, given)
    connections = http_connections.of(call)
    try:
        added = await connections.retrieve(call, principal, arn)
    except AwsError as error:
        if error.code == "NotImplemented":
            raise
        raise AwsError(f"Events.ConnectionResource.{error.code}", error.message, error.status, why=error.why) from None
    try:
        request = http_requests.outgoing(given, added, call.region)
    except Unusable as error:
        raise AwsError(RUNTIME, str(error), facts=(Fact(arn, "BodyParameters", [k for k, _ in added.body]),)) from None
    if exchange is not None:
        exchange.sent, exchange.shown = request, http_requests.outgoing(given, Added(), call.region)
    response = await _sent(call, request)
    if exchange is not None:
        exchange.response = response
    if response.status in _TOKEN_REFUSED:
        connections.reject(call, arn)
    return _result(given, response)


def _judge(call: Call, machine: str, principal: Principal, given: Mapping[str, Any]) -> None:
    """Whether the role may call that endpoint: states:InvokeHTTPEndpoint is an action without an operation."""
    judged = Call(
        call.pipeline,
        "stepfunctions",
        "StartExecution",
        call.account,
        call.region,
        principal,
        session=Session(issued_ms=call.world.clock.now_ms),
        origin=call.origin,
        trace_id=call.trace_id,
        parent_id=call.request_id,
    )
    held = call.state(SfnState).machines.get(machine)
    resource = Resource(machine, call.account, None, NO_TAGS if held is None else held.tags)
    conditions = {"states:httpendpoint": given["ApiEndpoint"], "states:httpmethod": given["Method"]}
    try:
        judged.pipeline.require(judged, Permission("states:InvokeHTTPEndpoint", resource, conditions))
    except AwsError as error:
        raise AwsError("States.Permissions", error.message, error.status, why=error.why) from None


async def _sent(call: Call, request: Outgoing) -> Response:
    """What an endpoint answers; one of this world's own, such as a stage, is visited in it."""
    parts = urlsplit(request.url)
    host = parts.hostname or ""
    traffic = gateways.traffic_of(call, host)
    if traffic is not None:
        visitor = HttpRequest(
            request.method, parts.path or "/", parts.query, [("Host", host), *request.headers], request.body, tls=True
        )
        answer = await gateways.answered(call, traffic, visitor)
        fields = {name.lower(): value for name, value in answer.headers}
        return Response(answer.status, fields, answer.body[:ANSWER_BYTES_MAX], tuple(answer.headers))
    client = call.world.attached.get(HttpClient)
    if not isinstance(client, HttpClient):
        client = call.world.attached[HttpClient] = HttpClient()
    try:
        return await client.send(
            request.method,
            request.url,
            request.headers,
            request.body,
            timeout_s=TIMEOUT_S,
            body_bytes_max=ANSWER_BYTES_MAX,
        )
    except http_client.NotReachable as error:
        facts = (Fact(http_client.ALLOWED, "hosts", None), Fact(request.url, "host", str(error)))
        words = f"Foulweather sends nothing to {error}: requests go to this machine only, unless the host is allowed."
        remedy = (f"{http_client.ALLOWED}={error} foulweather start",)
        raise AwsError("NotImplemented", words, 501, facts=facts, remedy=remedy) from None
    except http_client.PostFailed as error:
        is_late = isinstance(error, http_client.TimedOut)
        words = f"No answer within {TIMEOUT_S} seconds" if is_late else str(error)
        facts = (Fact(request.url, "timeout_s", TIMEOUT_S) if is_late else Fact(request.url, "connection", str(error)),)
        raise AwsError(SOCKET, words, 504, facts=facts) from None


def _result(given: Mapping[str, Any], response: Response) -> dict[str, Any]:
    kind = response.headers.get("content-type", "").lower()
    text = _text(response, kind)
    if response.status // 100 != 2:
        endpoint = given["ApiEndpoint"]
        words = f"{given['Method']} of {endpoint} was answered with {response.status}."
        facts = (Fact(endpoint, "status", response.status), Fact(endpoint, "answer", text[:200]))
        why = Why("failed", words, facts)
        raise AwsError(f"States.Http.StatusCode.{response.status}", text, response.status, why=why)
    headers: dict[str, list[str]] = {}
    for name, value in response.fields:
        headers.setdefault(name.lower(), []).append(value)
    return {
        "Headers": headers,
        "ResponseBody": _body(text, kind),
        "StatusCode": response.status,
        "StatusText": gateways.status_text(response.status),
    }


def _text(response: Response, kind: str) -> str:
    """An answer as text; what cannot be one is of no use to a workflow (`#unsupported-http-task-responses`)."""
    if response.body:
        if kind.startswith(_BINARY):
            raise AwsError(RUNTIME, f"The response's content type is not supported: {kind}")
        try:
            return response.body.decode()
        except UnicodeDecodeError:
            raise AwsError(RUNTIME, "The response cannot be read as a string") from None
    return ""


def _body(text: str, kind: str) -> Any:
    if "json" not in kind:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
