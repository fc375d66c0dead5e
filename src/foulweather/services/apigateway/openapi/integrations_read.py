"""Integrations out of `x-amazon-apigateway-integration`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import limits, refusals
from foulweather.services.apigateway.integration_checks import check
from foulweather.services.apigateway.mappings_of_parameters import check_request_mappings, check_response_mappings
from foulweather.services.apigateway.openapi.documents import Document, part
from foulweather.services.apigateway.openapi.findings import Findings
from foulweather.services.apigateway.records import Integration, IntegrationResponse, Method, Resource
from foulweather.services.apigateway.state import RestState

_TYPES: Final = ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")


def read_integration(
    call: Call,
    state: RestState,
    api_id: str,
    resource: Resource,
    method: Method,
    asked: Document,
    findings: Findings,
) -> None:
    """Put what an operation names behind its method."""
    where = f"on '{method.http_method}' for resource at path '{resource.path}'"
    made = findings.attempt(
        f"Unable to put integration {where}", lambda: _made(call, state, api_id, resource, method, asked)
    )
    if made is None:
        return
    method.method_integration = made
    for pattern in part(asked, "responses"):
        response = part(part(asked, "responses"), pattern)
        findings.attempt(
            f"Unable to put integration response {where}",
            lambda p=pattern, r=response: _put_response(made, method, p, r),
        )


def _made(
    call: Call, state: RestState, api_id: str, resource: Resource, method: Method, asked: Document
) -> Integration:
    kind = str(asked.get("type", "")).upper()
    if kind not in _TYPES:
        raise refusals.invalid("Enumeration value for IntegrationType must be non-empty", type=asked.get("type"))
    made = Integration(
        type=kind,
        http_method=str(asked.get("httpMethod") or "").upper() or None,
        uri=asked.get("uri"),
        connection_type=asked.get("connectionType"),
        connection_id=asked.get("connectionId"),
        credentials=asked.get("credentials"),
        request_parameters=_texts(asked.get("requestParameters")),
        request_templates=limits.checked_templates(_texts(asked.get("requestTemplates"))),
        passthrough_behavior=str(asked.get("passthroughBehavior") or "WHEN_NO_MATCH").upper(),
        content_handling=asked.get("contentHandling"),
        timeout_in_millis=int(asked.get("timeoutInMillis") or limits.TIMEOUT_MS_MAX),
        cache_namespace=asked.get("cacheNamespace") or resource.id,
        cache_key_parameters=[str(one) for one in asked.get("cacheKeyParameters") or ()],
        tls_config=part(asked, "tlsConfig") or None,
        response_transfer_mode=asked.get("responseTransferMode"),
        integration_target=asked.get("integrationTarget"),
    )
    check(call, state, api_id, made)
    check_request_mappings(made, method)
    return made


def _put_response(integration: Integration, method: Method, pattern: str, asked: Document) -> None:
    status = str(asked.get("statusCode") or "")
    declared = method.method_responses.get(status)
    if declared is None:
        raise refusals.invalid("Invalid Response status code specified", statusCode=status)
    made = IntegrationResponse(
        status_code=status,
        selection_pattern=None if pattern == "default" else pattern,
        response_parameters=_texts(asked.get("responseParameters")),
        response_templates=limits.checked_templates(_texts(asked.get("responseTemplates"))),
        content_handling=asked.get("contentHandling"),
    )
    check_response_mappings(made, declared)
    integration.integration_responses[status] = made


def _texts(held: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (held or {}).items()}
