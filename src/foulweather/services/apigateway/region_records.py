"""What a region has beside its APIs: domain names, certificates, VPC links, settings; under the API's member names."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.services.apigateway.records import Record


class DomainName(Record, kw_only=True):
    """A custom domain name, of REST, HTTP and WebSocket APIs alike."""

    domain_name: str
    created_ms: int
    domain_name_id: str | None = None
    domain_name_arn: str | None = None
    certificate_name: str | None = None
    certificate_arn: str | None = None
    certificate_upload_date: int | None = None
    regional_domain_name: str | None = None
    regional_hosted_zone_id: str | None = None
    regional_certificate_name: str | None = None
    regional_certificate_arn: str | None = None
    distribution_domain_name: str | None = None
    distribution_hosted_zone_id: str | None = None
    endpoint_configuration: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    security_policy: str | None = None
    endpoint_access_mode: str | None = None
    mutual_tls_authentication: dict[str, Any] | None = None
    truststore: str = ""
    """What its truststore held when it was read, in PEM; nobody is shown it."""
    ownership_verification_certificate_arn: str | None = None
    management_policy: str | None = None
    policy: str | None = None
    routing_mode: str = "BASE_PATH_MAPPING_ONLY"
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Mapping(Record, kw_only=True):
    """What answers under a path of a domain name (row `<domain row>/<base path>`): a base path mapping, an API mapping.

    `base_path` is empty for the root, `stage` for every stage (the path then begins with it).
    """

    id: str
    domain: str
    base_path: str
    api_id: str
    stage: str = ""


class RoutingRule(Record, kw_only=True):
    """What a request under a domain name must be like to go to a stage of a REST API (row `<domain row>/<rule id>`)."""

    id: str
    domain: str
    priority: int
    api_id: str
    stage: str
    strips_base_path: bool = False
    headers: list[list[tuple[str, str]]] = msgspec.field(default_factory=list[list[tuple[str, str]]])
    """Conditions on headers, all of which must hold; each is met by any one of its names and globs."""
    base_paths: list[str] | None = None


class ClientCertificate(Record, kw_only=True):
    """A certificate that API Gateway shows to backends; its private key stays here."""

    client_certificate_id: str
    pem_encoded_certificate: str
    private_key: str
    created_date: int
    expiration_date: int
    description: str | None = None
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class VpcLink(Record, kw_only=True):
    """A way to a network load balancer; `ready_ms` is when it is AVAILABLE, or has FAILED with `status_message`."""

    id: str
    name: str
    target_arns: list[str]
    ready_ms: int
    description: str | None = None
    status_message: str | None = None
    failed: bool = False
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Settings(Record, kw_only=True):
    """An account's settings in a region."""

    cloudwatch_role_arn: str | None = None


class Place(Record, kw_only=True):
    """Where an API or a domain name is; `kind` of an API is REST, HTTP or WEBSOCKET."""

    account: str
    region: str
    kind: str = "REST"
