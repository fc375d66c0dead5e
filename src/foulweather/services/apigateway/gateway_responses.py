"""Gateway responses: what API Gateway itself answers when a request fails.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, paging, patches, refusals
from foulweather.services.apigateway.patches import Step, entries, sets, value_of
from foulweather.services.apigateway.records import GatewayResponse, RestApi, shown
from foulweather.services.apigateway.response_defaults import STATUS, TEMPLATES, check
from foulweather.services.apigateway.state import RestState

Request = Mapping[str, Any]


def put_gateway_response(call: Call, request: Request) -> dict[str, Any]:
    """Say what an API answers in one kind of failure, in place of what it said before."""
    made = GatewayResponse(
        response_type=request["responseType"],
        status_code=request.get("statusCode") or None,
        response_parameters=dict(request.get("responseParameters") or {}),
        response_templates=limits.checked_templates(request.get("responseTemplates")),
    )
    state, api = finding.api(call, request)
    check(made)
    state.gateway_responses.put(f"{api.id}/{made.response_type}", made)
    finding.changed(call, "GatewayResponsePut", _path(request), made)
    return _told(made)


def get_gateway_response(call: Call, request: Request) -> dict[str, Any]:
    """What an API answers in one kind of failure: its own response, or AWS's default."""
    state, api = finding.api(call, request)
    return _told(_of(state, api, request["responseType"]))


def get_gateway_responses(call: Call, request: Request) -> dict[str, Any]:
    """What an API answers in every kind of failure."""
    state, api = finding.api(call, request)
    found, more = paging.page([_told(_of(state, api, kind)) for kind in STATUS], {"limit": len(STATUS), **request})
    return {"items": list(found), **more}


def update_gateway_response(call: Call, request: Request) -> dict[str, Any]:
    """Change what an API answers in one kind of failure, beginning with AWS's default."""
    state, api = finding.api(call, request)
    made = patches.patched(call, _of(state, api, request["responseType"]), request, _RULES)
    made.default_response = False
    made.response_templates = limits.checked_templates(made.response_templates)
    check(made)
    state.gateway_responses.put(f"{api.id}/{made.response_type}", made)
    finding.changed(call, "GatewayResponseUpdated", _path(request), made, patches.touched(request))
    return _told(made)


def delete_gateway_response(call: Call, request: Request) -> None:
    """Let an API answer AWS's default again."""
    state, api = finding.api(call, request)
    if f"{api.id}/{request['responseType']}" not in state.gateway_responses:
        raise refusals.missing("Gateway response type not defined on api", finding.arn(call, _path(request)))
    state.gateway_responses.delete(f"{api.id}/{request['responseType']}")
    finding.changed(call, "GatewayResponseDeleted", _path(request))


def _path(request: Request) -> str:
    return f"/restapis/{request['restApiId']}/gatewayresponses/{request['responseType']}"


def _of(state: RestState, api: RestApi, kind: str) -> GatewayResponse:
    found = state.gateway_responses.get(f"{api.id}/{kind}")
    if found is not None:
        return found
    templates = dict(TEMPLATES)
    return GatewayResponse(
        response_type=kind, status_code=STATUS[kind], response_templates=templates, default_response=True
    )


def _told(response: GatewayResponse) -> dict[str, Any]:
    answer = shown(response)
    answer.setdefault("responseParameters", {})
    answer.setdefault("responseTemplates", {})
    if "statusCode" not in answer and STATUS[response.response_type]:
        answer["statusCode"] = STATUS[response.response_type]
    return answer


def _template(step: Step) -> str:
    return step.value or ""


_RULES: Final = (
    sets("/statusCode", "status_code", value_of, ("add", "replace", "remove")),
    entries("/responseParameters/{}", "response_parameters"),
    entries("/responseTemplates/{}", "response_templates", _template),
)
