"""Tests of methods and authorizers as they are now, without a deployment: what they answer, with every step told.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-test-method.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from foulweather.kernel import tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.tracing import Header
from foulweather.services.apigateway import finding, refusals, snapshot
from foulweather.services.apigateway.records import RestApi
from foulweather.services.apigateway.rest import answering, lambda_authorizers, user_pools
from foulweather.services.apigateway.rest.plans import MethodPlan, Plan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.stage_records import Stage

Request = Mapping[str, Any]
STAGE = "test-invoke-stage"


async def test_invoke_method(call: Call, request: Request) -> dict[str, Any]:
    """Carry out a method as it is now: nobody's key, limit or authorizer stands before it."""
    state, api, resource = finding.resource(call, request)
    http_method = request["httpMethod"]
    held = Plan(msgspec.json.decode(snapshot.taken(state, api)))
    method = held.resources[resource.id].method(http_method)
    if method is None or http_method not in resource.resource_methods:
        raise refusals.missing("Invalid Method identifier specified", finding.arn(call, finding.method_path(request)))
    if request.get("clientCertificateId"):
        raise not_implemented("apigateway", "TestInvokeMethod.clientCertificateId")
    visit = _visit(call, request, api, held, "GET" if http_method == "ANY" else http_method)
    visit.resource_id, visit.resource_path, visit.method = resource.id, resource.path, method
    visit.path_parameters = _path_parameters(resource.path, visit.path)
    response = await answering.tested(visit, method)
    many: dict[str, list[str]] = {}
    for name, value in response.headers:
        many.setdefault(name, []).append(value)
    return {
        "status": response.status,
        "body": _text(response.body),
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "log": _log(visit),
        "latency": call.world.clock.now_ms - call.hop.at_ms,
    }


async def test_invoke_authorizer(call: Call, request: Request) -> dict[str, Any]:
    """Ask an authorizer what it says to a request."""
    state, api = finding.api(call, request)
    authorizer = state.authorizers.get(f"{api.id}/{request['authorizerId']}")
    if authorizer is None:
        path = f"/restapis/{api.id}/authorizers/{request['authorizerId']}"
        raise refusals.missing("Invalid Authorizer identifier specified", finding.arn(call, path))
    if request.get("additionalContext"):
        raise not_implemented("apigateway", "TestInvokeAuthorizer.additionalContext")
    held = Plan(msgspec.json.decode(snapshot.taken(state, api)))
    visit = _visit(call, request, api, held, "GET")
    method = MethodPlan(held, "GET", {"authorizationType": "CUSTOM", "authorizerId": authorizer.id})
    visit.method = method
    answer: dict[str, Any] = {"clientStatus": 200}
    with call.world.flight():
        try:
            if authorizer.type == "COGNITO_USER_POOLS":
                await user_pools.authorize(visit, method)
                answer["claims"] = (visit.authorizer or {}).get("claims", {})
            else:
                decision = await lambda_authorizers.asked(visit, held.authorizers[authorizer.id])
                answer["principalId"] = decision.principal
                answer["policy"] = decision.held.policy.text
                context = {name: [str(value)] for name, value in decision.told.items()}
                answer["authorization"] = context
        except Refusal as refusal:
            answer["clientStatus"] = refusal.status
            for line in refusal.logged:
                visit.error(line)
            call.explain("TestInvokeAuthorizer", finding.arn(call, f"/restapis/{api.id}"), refusal.why, refusal.code)
    answer["log"] = _log(visit)
    answer["latency"] = call.world.clock.now_ms - call.hop.at_ms
    return answer


def _visit(call: Call, request: Request, api: RestApi, plan: Plan, http_method: str) -> Visit:
    path, _, query = str(request.get("pathWithQueryString") or "/").partition("?")
    many: dict[str, list[str]] = request.get("multiValueHeaders") or {}
    single: dict[str, str] = request.get("headers") or {}
    headers = [(name, value) for name, value in single.items() if name not in many]
    headers += [(name, value) for name, values in many.items() for value in values]
    body = str(request.get("body") or "").encode()
    asked = HttpRequest(http_method, path, query, headers, body)
    stage = Stage(
        stage_name=STAGE,
        deployment_id="",
        created_date=call.now,
        last_updated_date=call.now,
        variables=dict(request.get("stageVariables") or {}),
    )
    visit = Visit(call, asked, api, stage, plan, path)
    visit.is_test = True
    visit.lines, visit.traces_data = [], True
    visit.domain = "testPrefix.testDomainName"
    visit.extended_id = base64.b64encode(bytes.fromhex(call.request_id.replace("-", ""))[:11]).decode()
    visit.trace_header = str(Header(tracing.root_of(call.request_id, call.now)))
    return visit


def _path_parameters(template: str, path: str) -> dict[str, str]:
    """The values of a resource's variables; a path that does not fit the resource leaves them out."""
    from foulweather.services.apigateway.rest.paths import Node

    root: Node[str] = Node()
    root.put(template, template)
    found = root.find(path)
    return {} if found is None else found[1]


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _log(visit: Visit) -> str:
    lines = [f"Execution log for request {visit.call.request_id}"]
    for line, at_ms in zip(visit.lines or [], visit.lines_at, strict=True):
        at = datetime.fromtimestamp(at_ms // 1000, UTC)
        lines.append(f"{at:%a %b %d %H:%M:%S} UTC {at.year} : {line}")
    return "\n".join(lines) + "\n"
