"""What stands behind a method, asked for its answer."""

from __future__ import annotations

import json

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.http import HttpResponse
from foulweather.services.apigateway.rest import (
    functions,
    http_integrations,
    lambda_integrations,
    refusals,
    service_integrations,
    translating,
)
from foulweather.services.apigateway.rest.mapping import Answer
from foulweather.services.apigateway.rest.plans import JSON, IntegrationPlan, MethodPlan
from foulweather.services.apigateway.rest.visit import Visit


async def integrate(visit: Visit, method: MethodPlan) -> HttpResponse:
    """The response of a method whose request may pass."""
    integration = method.integration
    if integration is None:
        why = refusals.failed(
            f"{method.http_method} {visit.resource_path} has no integration.",
            visit.integration_fact("methodIntegration", None),
            remedy=(
                f"aws apigateway put-integration --rest-api-id {visit.api.id} --resource-id {visit.resource_id} "
                f"--http-method {method.http_method} --type MOCK",
            ),
        )
        raise refusals.misconfigured(why, "No integration defined for method")
    if integration.type == "MOCK":
        return mocked(visit, integration)
    if integration.connection_type == "VPC_LINK":
        raise not_implemented("apigateway", "PutIntegration.connectionType=VPC_LINK")
    if integration.type == "HTTP_PROXY":
        return await http_integrations.proxied(visit, integration)
    if integration.type == "HTTP":
        return await http_integrations.custom(visit, integration)
    uri = integration.uri_with(visit.variables)
    function = functions.function_of(uri)
    if function is not None:
        run = lambda_integrations.proxied if integration.type == "AWS_PROXY" else lambda_integrations.custom
        return await run(visit, integration, function)
    target = service_integrations.target_of(uri)
    if target is None or integration.type == "AWS_PROXY" or target.service == "lambda":
        why = refusals.failed(
            f"The integration's URI {uri} names no function and no service's API.", visit.integration_fact("uri", uri)
        )
        raise refusals.misconfigured(why, "Invalid endpoint address")
    return await service_integrations.asked(visit, integration, target)


def mocked(visit: Visit, integration: IntegrationPlan) -> HttpResponse:
    """The response to the status that the request template names.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
    """
    body = translating.request_body(visit, integration)
    try:
        status = int(json.loads(body)["statusCode"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        why = refusals.failed(
            'What the request template makes is no JSON object with a number "statusCode".',
            visit.integration_fact("requestTemplates", body[:500].decode("utf-8", "replace")),
        )
        raise refusals.misconfigured(why, "Unable to parse statusCode. It should be an integer.") from None
    visit.integration_ms, visit.integration_status = 0, status
    return translating.response(visit, integration, Answer(status, (("Content-Type", JSON),), b"", str(status)))
