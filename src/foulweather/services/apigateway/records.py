"""What a REST API consists of, as records; with `rename="camel"` each is packed under the API's own member names."""

from __future__ import annotations

from typing import Any, cast

import msgspec


class Record(msgspec.Struct, rename="camel"):
    """A record whose members carry the API's names when packed or shown."""


class RestApi(Record, kw_only=True):
    """A REST API; its resources, models and the like are rows of their own."""

    id: str
    name: str
    root_resource_id: str
    created_date: int
    description: str | None = None
    version: str | None = None
    binary_media_types: list[str] = msgspec.field(default_factory=list[str])
    minimum_compression_size: int | None = None
    api_key_source: str = "HEADER"
    endpoint_configuration: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    policy: str = ""
    disable_execute_api_endpoint: bool = False
    security_policy: str | None = None
    endpoint_access_mode: str | None = None
    api_status: str = "AVAILABLE"
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    warnings: list[str] = msgspec.field(default_factory=list[str])


class MethodResponse(Record, kw_only=True):
    """What a method may answer with a status."""

    status_code: str
    response_parameters: dict[str, bool] = msgspec.field(default_factory=dict[str, bool])
    response_models: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class IntegrationResponse(Record, kw_only=True):
    """How an integration's answer becomes a method's response."""

    status_code: str
    selection_pattern: str | None = None
    response_parameters: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    response_templates: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    content_handling: str | None = None


class Integration(Record, kw_only=True):
    """What stands behind a method."""

    type: str
    http_method: str | None = None
    uri: str | None = None
    connection_type: str | None = None
    connection_id: str | None = None
    credentials: str | None = None
    request_parameters: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    request_templates: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    passthrough_behavior: str = "WHEN_NO_MATCH"
    content_handling: str | None = None
    timeout_in_millis: int = 29_000
    cache_namespace: str = ""
    cache_key_parameters: list[str] = msgspec.field(default_factory=list[str])
    integration_responses: dict[str, IntegrationResponse] = msgspec.field(
        default_factory=dict[str, IntegrationResponse]
    )
    tls_config: dict[str, bool] | None = None
    response_transfer_mode: str | None = None
    integration_target: str | None = None


class Method(Record, kw_only=True):
    """A method of a resource: who may call it, with what, and what it answers."""

    http_method: str
    authorization_type: str
    authorizer_id: str | None = None
    api_key_required: bool = False
    request_validator_id: str | None = None
    operation_name: str | None = None
    request_parameters: dict[str, bool] = msgspec.field(default_factory=dict[str, bool])
    request_models: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    method_responses: dict[str, MethodResponse] = msgspec.field(default_factory=dict[str, MethodResponse])
    method_integration: Integration | None = None
    authorization_scopes: list[str] = msgspec.field(default_factory=list[str])


class Resource(Record, kw_only=True):
    """A node of a REST API's tree of paths; the root has no parent."""

    id: str
    path: str
    parent_id: str | None = None
    path_part: str | None = None
    resource_methods: dict[str, Method] = msgspec.field(default_factory=dict[str, Method])


class Model(Record, kw_only=True):
    """The JSON schema of a body."""

    id: str
    name: str
    content_type: str
    description: str | None = None
    schema: str | None = None


class RequestValidator(Record, kw_only=True):
    """What of a request is validated."""

    id: str
    name: str | None = None
    validate_request_body: bool = False
    validate_request_parameters: bool = False


class Authorizer(Record, kw_only=True):
    """Who decides about requests: a function, or Cognito's user pools."""

    id: str
    name: str
    type: str
    provider_arns: list[str] = msgspec.field(name="providerARNs", default_factory=list[str])
    auth_type: str | None = None
    authorizer_uri: str | None = None
    authorizer_credentials: str | None = None
    identity_source: str | None = None
    identity_validation_expression: str | None = None
    authorizer_result_ttl_in_seconds: int | None = None


class GatewayResponse(Record, kw_only=True):
    """What API Gateway itself answers in one kind of failure, where an API says it."""

    response_type: str
    status_code: str | None = None
    response_parameters: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    response_templates: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    default_response: bool = False


class DocumentationPart(Record, kw_only=True):
    """What is written about one part of an API."""

    id: str
    location: dict[str, str]
    properties: str


class DocumentationVersion(Record, kw_only=True):
    """All documentation parts of an API as they were once; `parts` is what was packed then."""

    version: str
    created_date: int
    description: str | None = None
    parts: list[DocumentationPart] = msgspec.field(default_factory=list[DocumentationPart])


class Deployment(Record, kw_only=True):
    """An API as it was once; `snapshot` is the packed JSON that `snapshot.py` makes and reads."""

    id: str
    created_date: int
    description: str | None = None
    snapshot: bytes = b""


def shown(record: msgspec.Struct, *hidden: str) -> dict[str, Any]:
    """A record in the API's shape: what it does not have, and what is `hidden`, is left out."""
    return _filled(msgspec.to_builtins(record), hidden)


def _filled(held: dict[str, Any], hidden: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        name: _whole(value)
        for name, value in held.items()
        if value is not None and name not in hidden and value != {} and value != []
    }


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return _filled(cast("dict[str, Any]", value))
    if isinstance(value, list):
        return [_whole(one) for one in cast("list[Any]", value)]
    return value
