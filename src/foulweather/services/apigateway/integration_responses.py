"""Integration responses: how an integration's answers become the method's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, patches, patterns, refusals
from foulweather.services.apigateway.mappings_of_parameters import check_response_mappings
from foulweather.services.apigateway.patches import Step, entries, sets
from foulweather.services.apigateway.records import Integration, IntegrationResponse, Method, shown
from foulweather.services.apigateway.state import RestState

Request = Mapping[str, Any]


def put_integration_response(call: Call, request: Request) -> dict[str, Any]:
    """Map an integration's answers to a method response, in place of how they were mapped to it."""
    made = IntegrationResponse(
        status_code=request["statusCode"],
        selection_pattern=request.get("selectionPattern"),
        response_parameters=dict(request.get("responseParameters") or {}),
        response_templates=limits.checked_templates(request.get("responseTemplates")),
        content_handling=request.get("contentHandling"),
    )
    state, _, method = finding.method(call, request)
    if method.method_integration is None:
        path = finding.arn(call, f"{finding.method_path(request)}/integration")
        raise refusals.missing("No integration defined for method", path)
    _check(call, request, method, made)
    method.method_integration.integration_responses[made.status_code] = made
    finding.keep(state, request)
    finding.changed(call, "IntegrationResponsePut", _path(request), made)
    return shown(made)


def get_integration_response(call: Call, request: Request) -> dict[str, Any]:
    """How an integration's answers are mapped to a status."""
    return shown(_found(call, request)[3])


def update_integration_response(call: Call, request: Request) -> dict[str, Any]:
    """Change how an integration's answers are mapped to a status."""
    state, method, integration, response = _found(call, request)
    made = patches.patched(call, response, request, _RULES)
    made.response_templates = limits.checked_templates(made.response_templates)
    _check(call, request, method, made)
    integration.integration_responses[made.status_code] = made
    finding.keep(state, request)
    finding.changed(call, "IntegrationResponseUpdated", _path(request), made, patches.touched(request))
    return shown(made)


def delete_integration_response(call: Call, request: Request) -> None:
    """Take the mapping to a status away."""
    state, _, integration, response = _found(call, request)
    del integration.integration_responses[response.status_code]
    finding.keep(state, request)
    finding.changed(call, "IntegrationResponseDeleted", _path(request))


def _path(request: Request) -> str:
    return f"{finding.method_path(request)}/integration/responses/{request['statusCode']}"


def _found(call: Call, request: Request) -> tuple[RestState, Method, Integration, IntegrationResponse]:
    state, _, method, integration = finding.integration(call, request)
    found = integration.integration_responses.get(request["statusCode"])
    if found is None:
        raise refusals.missing("Invalid Response status code specified", finding.arn(call, _path(request)))
    return state, method, integration, found


def _check(call: Call, request: Request, method: Method, made: IntegrationResponse) -> None:
    declared = method.method_responses.get(made.status_code)
    if declared is None:
        path = f"{finding.method_path(request)}/responses/{made.status_code}"
        raise refusals.missing("Invalid Response status code specified", finding.arn(call, path))
    if made.selection_pattern:
        try:
            patterns.check("PutIntegrationResponse.selectionPattern", made.selection_pattern)
        except ValueError:
            words = "Invalid selection pattern specified"
            raise refusals.invalid(words, selectionPattern=made.selection_pattern) from None
    check_response_mappings(made, declared)


def _template(step: Step) -> str:
    return step.value or ""


_RULES: Final = (
    sets("/selectionPattern", "selection_pattern", ops=("add", "remove", "replace")),
    sets("/contentHandling", "content_handling", ops=("add", "remove", "replace")),
    entries("/responseParameters/{}", "response_parameters"),
    entries("/responseTemplates/{}", "response_templates", _template),
)
