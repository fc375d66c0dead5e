"""Quick create: an API with one route, its integration, and a `$default` stage that deploys by itself.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html#http-api-examples
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, integration_checks, limits, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Integration, Route, Stage
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def add(call: Call, api: Api, request: Request) -> None:
    """Give a new API what it needs to pass requests on to a target."""
    state = call.state(HttpState)
    key = limits.checked_route_key(request.get("RouteKey") or "$default")
    integration = Integration(
        integration_id=finding.new_id(call, 7),
        api_gateway_managed=True,
        integration_type="",
        credentials_arn=request.get("CredentialsArn"),
    )
    _aim(call, integration, request["Target"])
    route = Route(
        route_id=finding.new_id(call, 7),
        route_key=key,
        api_gateway_managed=True,
        target=f"integrations/{integration.integration_id}",
    )
    stage = Stage(
        stage_name="$default",
        created_date=call.now,
        last_updated_date=call.now,
        api_gateway_managed=True,
        auto_deploy=True,
    )
    state.integrations.put(f"{api.api_id}/{integration.integration_id}", integration)
    state.routes.put(f"{api.api_id}/{route.route_id}", route)
    state.stages.put(f"{api.api_id}/$default", stage)
    path = f"/apis/{api.api_id}"
    finding.changed(call, "IntegrationCreated", f"{path}/integrations/{integration.integration_id}", integration)
    finding.changed(call, "RouteCreated", f"{path}/routes/{route.route_id}", route)
    finding.changed(call, "StageCreated", f"{path}/stages/$default", stage)
    snapshot.redeploy(call, api)


def update(call: Call, api: Api, request: Request) -> None:
    """Change the target, role or route that quick create made."""
    if not any(request.get(member) for member in ("Target", "CredentialsArn", "RouteKey")):
        return
    state = call.state(HttpState)
    route = next((each for each in under(state.routes, api.api_id) if each.api_gateway_managed), None)
    integration = next((each for each in under(state.integrations, api.api_id) if each.api_gateway_managed), None)
    if route is None or integration is None:
        words = "Target, CredentialsArn and RouteKey can only be updated for an API made by quick create"
        raise refusals.invalid(words, ApiId=api.api_id)
    key = limits.checked_route_key(request.get("RouteKey") or route.route_key)
    if request.get("Target"):
        _aim(call, integration, request["Target"])
    integration.credentials_arn = request.get("CredentialsArn") or integration.credentials_arn
    route.route_key = key
    state.integrations.touch(f"{api.api_id}/{integration.integration_id}")
    state.routes.touch(f"{api.api_id}/{route.route_id}")
    path = f"/apis/{api.api_id}/integrations/{integration.integration_id}"
    finding.changed(call, "IntegrationUpdated", path, integration, ["IntegrationUri", "CredentialsArn"])


def _aim(call: Call, integration: Integration, target: str) -> None:
    """A function's ARN is a proxy with the format 2.0, an address an HTTP proxy for every method."""
    asked: dict[str, Any] = {"IntegrationUri": target}
    if target.startswith("arn:"):
        asked |= {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
    else:
        asked |= {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "PayloadFormatVersion": "1.0"}
    made = integration_checks.checked_http(call, asked)
    integration.integration_type = made["IntegrationType"]
    integration.integration_uri = target
    integration.integration_method = made.get("IntegrationMethod")
    integration.payload_format_version = made["PayloadFormatVersion"]
