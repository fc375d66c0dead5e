"""Method responses: what a method may answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, patches, refusals
from foulweather.services.apigateway.mappings_of_parameters import check_response_mappings, checked_response_parameters
from foulweather.services.apigateway.method_checks import check_models
from foulweather.services.apigateway.patches import Step, entries, flag_of
from foulweather.services.apigateway.records import Method, MethodResponse, shown
from foulweather.services.apigateway.state import RestState

Request = Mapping[str, Any]


def put_method_response(call: Call, request: Request) -> dict[str, Any]:
    """Say that a method may answer with a status."""
    status = request["statusCode"]
    made = MethodResponse(
        status_code=status,
        response_parameters=checked_response_parameters(request.get("responseParameters")),
        response_models=dict(request.get("responseModels") or {}),
    )
    state, _, method = finding.method(call, request)
    if status in method.method_responses:
        raise refusals.conflict("Response already exists for this resource")
    check_models(state, request["restApiId"], made.response_models)
    method.method_responses[status] = made
    finding.keep(state, request)
    finding.changed(call, "MethodResponsePut", _path(request), made)
    return shown(made)


def get_method_response(call: Call, request: Request) -> dict[str, Any]:
    """What a method answers with a status."""
    return shown(_found(call, request)[2])


def update_method_response(call: Call, request: Request) -> dict[str, Any]:
    """Change the headers and models of a method's response."""
    state, method, response = _found(call, request)
    made = patches.patched(call, response, request, _RULES)
    made.response_parameters = checked_response_parameters(made.response_parameters)
    check_models(state, request["restApiId"], made.response_models)
    mapped = method.method_integration
    if mapped is not None and made.status_code in mapped.integration_responses:
        check_response_mappings(mapped.integration_responses[made.status_code], made)
    method.method_responses[made.status_code] = made
    finding.keep(state, request)
    finding.changed(call, "MethodResponseUpdated", _path(request), made, patches.touched(request))
    return shown(made)


def delete_method_response(call: Call, request: Request) -> None:
    """Take a status from a method."""
    state, method, response = _found(call, request)
    del method.method_responses[response.status_code]
    finding.keep(state, request)
    finding.changed(call, "MethodResponseDeleted", _path(request))


def _path(request: Request) -> str:
    return f"{finding.method_path(request)}/responses/{request['statusCode']}"


def _found(call: Call, request: Request) -> tuple[RestState, Method, MethodResponse]:
    state, _, method = finding.method(call, request)
    found = method.method_responses.get(request["statusCode"])
    if found is None:
        raise refusals.missing("Invalid Response status code specified", finding.arn(call, _path(request)))
    return state, method, found


def _required(step: Step) -> bool:
    return flag_of(step) if step.value else False


_RULES: Final = (
    entries("/responseParameters/{}", "response_parameters", _required),
    entries("/responseModels/{}", "response_models"),
)
