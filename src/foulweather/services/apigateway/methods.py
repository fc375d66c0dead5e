"""Methods of resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, patches, refusals
from foulweather.services.apigateway.mappings_of_parameters import check_request_mappings, checked_request_parameters
from foulweather.services.apigateway.method_checks import HTTP_METHODS, check
from foulweather.services.apigateway.patches import Step, entries, flag_of, members, sets
from foulweather.services.apigateway.records import Method, shown

Request = Mapping[str, Any]


def put_method(call: Call, request: Request) -> dict[str, Any]:
    """Add a method to a resource."""
    name = request["httpMethod"]
    if name not in HTTP_METHODS:
        words = f"Invalid HttpMethod specified. Must be one of: [{', '.join(HTTP_METHODS)}]"
        raise refusals.invalid(words, httpMethod=name)
    made = Method(
        http_method=name,
        authorization_type=request["authorizationType"],
        authorizer_id=request.get("authorizerId") or None,
        api_key_required=bool(request.get("apiKeyRequired")),
        request_validator_id=request.get("requestValidatorId") or None,
        operation_name=request.get("operationName"),
        request_parameters=checked_request_parameters(request.get("requestParameters")),
        request_models=dict(request.get("requestModels") or {}),
        authorization_scopes=list(request.get("authorizationScopes") or ()),
    )
    state, _, resource = finding.resource(call, request)
    if name in resource.resource_methods:
        raise refusals.conflict("Method already exists for this resource")
    check(state, request["restApiId"], made)
    resource.resource_methods[name] = made
    finding.keep(state, request)
    finding.changed(call, "MethodPut", finding.method_path(request), made)
    return shown(made)


def get_method(call: Call, request: Request) -> dict[str, Any]:
    """A method with its responses and its integration."""
    return shown(finding.method(call, request)[2])


def update_method(call: Call, request: Request) -> dict[str, Any]:
    """Change who may call a method, and with what."""
    state, resource, method = finding.method(call, request)
    made = patches.patched(call, method, request, _RULES)
    made.request_parameters = checked_request_parameters(made.request_parameters)
    check(state, request["restApiId"], made)
    if made.method_integration is not None:
        check_request_mappings(made.method_integration, made)
    resource.resource_methods[made.http_method] = made
    finding.keep(state, request)
    finding.changed(call, "MethodUpdated", finding.method_path(request), made, patches.touched(request))
    return shown(made)


def delete_method(call: Call, request: Request) -> None:
    """Delete a method."""
    state, resource, method = finding.method(call, request)
    del resource.resource_methods[method.http_method]
    finding.keep(state, request)
    finding.changed(call, "MethodDeleted", finding.method_path(request))


def _required(step: Step) -> bool:
    return flag_of(step) if step.value else False


_RULES: Final = (
    sets("/authorizationType", "authorization_type", patches.value_of),
    sets("/authorizerId", "authorizer_id", ops=("add", "remove", "replace")),
    sets("/apiKeyRequired", "api_key_required", flag_of),
    sets("/operationName", "operation_name", ops=("add", "remove", "replace")),
    sets("/requestValidatorId", "request_validator_id", ops=("add", "remove", "replace")),
    entries("/requestParameters/{}", "request_parameters", _required),
    entries("/requestModels/{}", "request_models"),
    members("/authorizationScopes", "authorization_scopes", ("add", "remove", "replace")),
    members("/authorizationScopes/{}", "authorization_scopes", ("add", "remove", "replace")),
)
