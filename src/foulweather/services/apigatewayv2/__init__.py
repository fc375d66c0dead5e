"""Amazon API Gateway V2: HTTP and WebSocket APIs. They share domain names with REST APIs: their code is one package."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="apigatewayv2",
    package="foulweather.services.apigateway.v2",
    modules=(
        "api_mappings",
        "apis",
        "authorizers",
        "deployments",
        "domains",
        "exports",
        "imports",
        "integration_responses",
        "integrations",
        "models",
        "route_responses",
        "routes",
        "routing_rules",
        "stages",
        "tags",
        "vpc_links",
    ),
    access_denied="AccessDeniedException",
    denied_status=403,
    checks_model=True,
    words_violations=True,
)
