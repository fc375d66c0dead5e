"""Integrations: what stands behind methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, patches
from foulweather.services.apigateway.integration_checks import check
from foulweather.services.apigateway.mappings_of_parameters import check_request_mappings
from foulweather.services.apigateway.patches import Rule, Step, entries, flag_of, members, sets, whole_of
from foulweather.services.apigateway.records import Integration, shown

Request = Mapping[str, Any]


def put_integration(call: Call, request: Request) -> dict[str, Any]:
    """Put something behind a method, in place of what stood there."""
    timeout_ms = request.get("timeoutInMillis")
    made = Integration(
        type=request["type"],
        http_method=request.get("integrationHttpMethod") or None,
        uri=request.get("uri") or None,
        connection_type=request.get("connectionType"),
        connection_id=request.get("connectionId") or None,
        credentials=request.get("credentials") or None,
        request_parameters=dict(request.get("requestParameters") or {}),
        request_templates=limits.checked_templates(request.get("requestTemplates")),
        passthrough_behavior=(request.get("passthroughBehavior") or "WHEN_NO_MATCH").upper(),
        content_handling=request.get("contentHandling"),
        timeout_in_millis=limits.TIMEOUT_MS_MAX if timeout_ms is None else timeout_ms,
        cache_namespace=request.get("cacheNamespace") or request["resourceId"],
        cache_key_parameters=list(request.get("cacheKeyParameters") or ()),
        tls_config=dict(request["tlsConfig"]) if request.get("tlsConfig") else None,
        response_transfer_mode=request.get("responseTransferMode"),
        integration_target=request.get("integrationTarget"),
    )
    state, _, method = finding.method(call, request)
    check(call, state, request["restApiId"], made)
    check_request_mappings(made, method)
    method.method_integration = made
    finding.keep(state, request)
    finding.changed(call, "IntegrationPut", _path(request), made)
    return shown(made)


def get_integration(call: Call, request: Request) -> dict[str, Any]:
    """What stands behind a method."""
    return shown(finding.integration(call, request)[3])


def update_integration(call: Call, request: Request) -> dict[str, Any]:
    """Change what stands behind a method."""
    state, _, method, integration = finding.integration(call, request)
    made = patches.patched(call, integration, request, _RULES)
    made.request_templates = limits.checked_templates(made.request_templates)
    check(call, state, request["restApiId"], made)
    check_request_mappings(made, method)
    method.method_integration = made
    finding.keep(state, request)
    finding.changed(call, "IntegrationUpdated", _path(request), made, patches.touched(request))
    return shown(made)


def delete_integration(call: Call, request: Request) -> None:
    """Leave a method with nothing behind it."""
    state, _, method, _ = finding.integration(call, request)
    method.method_integration = None
    finding.keep(state, request)
    finding.changed(call, "IntegrationDeleted", _path(request))


def _path(request: Request) -> str:
    return f"{finding.method_path(request)}/integration"


def _skip_verification(integration: Integration, step: Step) -> None:
    integration.tls_config = {"insecureSkipVerification": flag_of(step)}


def _passthrough(step: Step) -> str:
    return patches.value_of(step).upper()


def _template(step: Step) -> str:
    return step.value or ""


_RULES: Final = (
    sets("/type", "type", patches.value_of),
    sets("/httpMethod", "http_method"),
    sets("/uri", "uri"),
    sets("/credentials", "credentials", ops=("add", "remove", "replace")),
    sets("/connectionType", "connection_type"),
    sets("/connectionId", "connection_id"),
    sets("/passthroughBehavior", "passthrough_behavior", _passthrough),
    sets("/contentHandling", "content_handling", ops=("add", "remove", "replace")),
    sets("/timeoutInMillis", "timeout_in_millis", whole_of),
    sets("/cacheNamespace", "cache_namespace", patches.value_of),
    sets("/responseTransferMode", "response_transfer_mode"),
    sets("/integrationTarget", "integration_target"),
    Rule("/tlsConfig/insecureSkipVerification", ("replace",), _skip_verification),
    entries("/requestParameters/{}", "request_parameters"),
    entries("/requestTemplates/{}", "request_templates", _template),
    members("/cacheKeyParameters", "cache_key_parameters"),
    members("/cacheKeyParameters/{}", "cache_key_parameters"),
)
