"""Amazon API Gateway: REST APIs, their stages, keys and domain names; and the way of a visitor's request to any API."""

from __future__ import annotations

from foulweather.kernel.service import Service
from foulweather.services.apigateway.rest.addresses import HOSTS, PATHS

SERVICE = Service(
    name="apigateway",
    package=__name__,
    modules=(
        "account",
        "apis",
        "authorizers",
        "base_paths",
        "client_certificates",
        "deployments",
        "documentation_parts",
        "documentation_versions",
        "domains",
        "exports",
        "gateway_responses",
        "imports",
        "integration_responses",
        "integrations",
        "keys",
        "method_responses",
        "methods",
        "models",
        "plan_keys",
        "plans",
        "resources",
        "sdks",
        "stages",
        "tags",
        "testing",
        "usage",
        "validators",
        "vpc_links",
    ),
    access_denied="AccessDeniedException",
    denied_status=403,
    checks_model=True,
    hosts=HOSTS,
    paths=PATHS,
    has_traffic=True,
    has_domains=True,
    asks_visitors=True,
)
