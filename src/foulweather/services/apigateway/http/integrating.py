"""What stands behind a route, asked for its answer."""

from __future__ import annotations

from foulweather.kernel.http import HttpResponse
from foulweather.services.apigateway.http import (
    http_integrations,
    lambda_integrations,
    mapping,
    refusals,
    service_integrations,
)
from foulweather.services.apigateway.http.plans import RoutePlan
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit


async def integrate(visit: Visit, route: RoutePlan) -> HttpResponse:
    """The response of a route whose request may pass."""
    integration = route.integration
    if integration is None:
        why = refusals.failed(
            f"The route {route.key} leads to no integration.",
            visit.route_fact("Target", route.target or None),
            remedy=(
                f"aws apigatewayv2 update-route --api-id {visit.api.api_id} --route-id {route.id} "
                "--target integrations/<integration id>",
            ),
        )
        raise Refusal(500, why, logged="No integration is configured for the route")
    if integration.subtype:
        response = await service_integrations.asked(visit, integration)
    elif integration.type == "HTTP_PROXY":
        response = await http_integrations.proxied(visit, integration)
    else:
        function = integration.function(visit.variables)
        if function is None:
            uri = integration.uri_with(visit.variables)
            fact = visit.integration_fact("IntegrationUri", uri)
            raise Refusal(500, refusals.failed(f"The integration's URI {uri} names no function.", fact))
        response = await lambda_integrations.proxied(visit, integration, function)
    changes = integration.responses.get(response.status)
    if changes:
        mapping.change_response(visit, changes, response)
    return response
