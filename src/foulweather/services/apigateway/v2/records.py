"""What HTTP and WebSocket APIs consist of, as records; each is packed under the API's own member names."""

from __future__ import annotations

from typing import Any, cast

import msgspec


class Record(msgspec.Struct, rename="pascal"):
    """A record whose members carry the API's names when packed or shown."""


class Api(Record, kw_only=True):
    """An HTTP or WebSocket API; its routes, integrations and the like are rows of their own."""

    api_id: str
    name: str
    protocol_type: str
    route_selection_expression: str
    created_date: int
    api_endpoint: str
    api_key_selection_expression: str = "$request.header.x-api-key"
    api_gateway_managed: bool | None = None
    cors_configuration: dict[str, Any] | None = None
    description: str | None = None
    disable_schema_validation: bool | None = None
    disable_execute_api_endpoint: bool = False
    import_info: list[str] = msgspec.field(default_factory=list[str])
    ip_address_type: str = "ipv4"
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    version: str | None = None
    warnings: list[str] = msgspec.field(default_factory=list[str])


class Route(Record, kw_only=True):
    """Which requests go where: an HTTP API's by method and path, a WebSocket API's by what a message says."""

    route_id: str
    route_key: str
    api_gateway_managed: bool | None = None
    api_key_required: bool = False
    authorization_scopes: list[str] = msgspec.field(default_factory=list[str])
    authorization_type: str = "NONE"
    authorizer_id: str | None = None
    model_selection_expression: str | None = None
    operation_name: str | None = None
    request_models: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    request_parameters: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    route_response_selection_expression: str | None = None
    target: str | None = None
    """`integrations/<id>`"""


class RouteResponse(Record, kw_only=True):
    """What a WebSocket API's route answers (row `<api>/<route>/<id>`)."""

    route_response_id: str
    route_response_key: str
    model_selection_expression: str | None = None
    response_models: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    response_parameters: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class Integration(Record, kw_only=True):
    """What stands behind routes."""

    integration_id: str
    integration_type: str
    api_gateway_managed: bool | None = None
    connection_id: str | None = None
    connection_type: str = "INTERNET"
    content_handling_strategy: str | None = None
    credentials_arn: str | None = None
    description: str | None = None
    integration_method: str | None = None
    integration_response_selection_expression: str | None = None
    integration_subtype: str | None = None
    integration_uri: str | None = None
    passthrough_behavior: str | None = None
    payload_format_version: str | None = None
    request_parameters: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    request_templates: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    response_parameters: dict[str, dict[str, str]] = msgspec.field(default_factory=dict[str, dict[str, str]])
    template_selection_expression: str | None = None
    timeout_in_millis: int = 30_000
    tls_config: dict[str, Any] | None = None


class IntegrationResponse(Record, kw_only=True):
    """How an answer of a WebSocket API's integration is passed on (row `<api>/<integration>/<id>`)."""

    integration_response_id: str
    integration_response_key: str
    content_handling_strategy: str | None = None
    response_parameters: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    response_templates: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    template_selection_expression: str | None = None


class Model(Record, kw_only=True):
    """The JSON schema of a message."""

    model_id: str
    name: str
    content_type: str = "application/json"
    description: str | None = None
    schema: str | None = None


class Authorizer(Record, kw_only=True):
    """Who decides about requests: an issuer's tokens (JWT), or a function (REQUEST)."""

    authorizer_id: str
    name: str
    authorizer_type: str
    authorizer_credentials_arn: str | None = None
    authorizer_payload_format_version: str | None = None
    authorizer_result_ttl_in_seconds: int | None = None
    authorizer_uri: str | None = None
    enable_simple_responses: bool | None = None
    identity_source: list[str] = msgspec.field(default_factory=list[str])
    identity_validation_expression: str | None = None
    jwt_configuration: dict[str, Any] | None = None


class Deployment(Record, kw_only=True):
    """An API as it was once; `snapshot` is the packed JSON that `snapshot.py` makes and reads."""

    deployment_id: str
    created_date: int
    auto_deployed: bool = False
    deployment_status: str = "DEPLOYED"
    description: str | None = None
    snapshot: bytes = b""


class RouteSettings(Record, kw_only=True):
    """How a stage runs a route, or all of them; None is not said."""

    data_trace_enabled: bool | None = None
    detailed_metrics_enabled: bool | None = None
    logging_level: str | None = None
    throttling_burst_limit: int | None = None
    throttling_rate_limit: float | None = None


class Stage(Record, kw_only=True):
    """A deployment under a name, with how it is run; `authorizers_flushed_ms`: what was cached before is not used."""

    stage_name: str
    created_date: int
    last_updated_date: int
    access_log_settings: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    api_gateway_managed: bool | None = None
    auto_deploy: bool = False
    client_certificate_id: str | None = None
    default_route_settings: RouteSettings = msgspec.field(default_factory=RouteSettings)
    deployment_id: str | None = None
    description: str | None = None
    last_deployment_status_message: str | None = None
    route_settings: dict[str, RouteSettings] = msgspec.field(default_factory=dict[str, RouteSettings])
    stage_variables: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    authorizers_flushed_ms: int = 0


class VpcLink(Record, kw_only=True):
    """A way into a VPC; `ready_ms` is when it is AVAILABLE."""

    vpc_link_id: str
    name: str
    created_date: int
    ready_ms: int
    security_group_ids: list[str] = msgspec.field(default_factory=list[str])
    subnet_ids: list[str] = msgspec.field(default_factory=list[str])
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])


def told(record: msgspec.Struct, *hidden: str) -> dict[str, Any]:
    """A record in the API's shape: what it does not have, and what is `hidden`, is left out."""
    held: dict[str, Any] = msgspec.to_builtins(record)
    return {name: _whole(value) for name, value in held.items() if value not in (None, "") and name not in hidden}


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {name: _whole(each) for name, each in members.items() if each is not None}
    return value
