"""Whether an integration can be called, as far as can be told without calling it."""

from __future__ import annotations

from typing import Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import finding, limits, quotas, refusals
from foulweather.services.apigateway.integration_targets import checked_credentials, checked_uri
from foulweather.services.apigateway.method_checks import HTTP_METHODS
from foulweather.services.apigateway.records import Integration
from foulweather.services.apigateway.state import RestState

_PASSTHROUGH: Final = ("NEVER", "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES")


def check(call: Call, state: RestState, api_id: str, made: Integration) -> None:
    """An integration that API Gateway can call, as far as can be told without calling it."""
    if made.response_transfer_mode not in (None, "BUFFERED"):
        raise not_implemented("apigateway", f"{call.operation}.ResponseTransferMode.{made.response_transfer_mode}")
    if made.integration_target:
        raise not_implemented("apigateway", f"{call.operation}.IntegrationTarget")
    if made.type != "MOCK":
        if not made.http_method:
            words = "Enumeration value for HttpMethod must be non-empty"
            raise refusals.invalid(words, integrationHttpMethod=made.http_method)
        if made.http_method not in HTTP_METHODS:
            words = f"Invalid integration HTTP method specified. Must be one of: [{', '.join(HTTP_METHODS)}]"
            raise refusals.invalid(words, integrationHttpMethod=made.http_method)
        checked_uri(made.type, made.uri, made.connection_type)
    checked_credentials(call, made.credentials)
    if made.passthrough_behavior not in _PASSTHROUGH:
        words = f"Invalid passthrough behavior specified. Must be one of: [{', '.join(_PASSTHROUGH)}]"
        raise refusals.invalid(words, passthroughBehavior=made.passthrough_behavior)
    most = _timeout_ms_max(call, state, api_id)
    if not limits.TIMEOUT_MS_MIN <= made.timeout_in_millis <= most:
        words = f"Timeout should be between {limits.TIMEOUT_MS_MIN} ms and {most} ms"
        raise refusals.invalid(words, timeoutInMillis=made.timeout_in_millis)
    if made.connection_type == "VPC_LINK" and not made.connection_id:
        words = "Connection ID is required when the connection type is VPC_LINK"
        raise refusals.invalid(words, connectionType=made.connection_type)
    link = made.connection_id
    if made.connection_type == "VPC_LINK" and link and "${stageVariables." not in link and link not in state.vpc_links:
        raise refusals.missing("Invalid Vpc Link identifier specified", finding.arn(call, f"/vpclinks/{link}"))


def _timeout_ms_max(call: Call, state: RestState, api_id: str) -> int:
    """Of Regional and private APIs the quota binds, of edge-optimized ones always 29 seconds."""
    kind = state.apis[api_id].endpoint_configuration["types"][0]
    return limits.TIMEOUT_MS_MAX if kind == "EDGE" else quotas.of(call, quotas.TIMEOUT)
