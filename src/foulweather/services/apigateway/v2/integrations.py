"""Integrations: what stands behind routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, integration_checks, limits, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Integration, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def create_integration(call: Call, request: Request) -> dict[str, Any]:
    """Add an integration to an API."""
    state, api = finding.api(call, request)
    made = _checked(call, state, api, {**finding.given(request, "ApiId"), "IntegrationId": finding.new_id(call, 7)})
    held = len(list(under(state.integrations, api.api_id)))
    limits.require_room(call, held, limits.INTEGRATIONS_MAX, "integrations", finding.arn(call, f"/apis/{api.api_id}"))
    state.integrations.put(f"{api.api_id}/{made.integration_id}", made)
    finding.changed(call, "IntegrationCreated", _path(api, made), made)
    snapshot.redeploy(call, api)
    return told(made)


def get_integration(call: Call, request: Request) -> dict[str, Any]:
    """An integration."""
    return told(_found(call, request)[2])


def get_integrations(call: Call, request: Request) -> dict[str, Any]:
    """The integrations of an API."""
    state, api = finding.api(call, request)
    return paging.listed(under(state.integrations, api.api_id), request)


def update_integration(call: Call, request: Request) -> dict[str, Any]:
    """Change an integration; a parameter with an empty value is taken away."""
    state, api, integration = _found(call, request)
    asked = finding.given(request, "ApiId", "IntegrationId")
    for member, held in (
        ("RequestParameters", integration.request_parameters),
        ("ResponseParameters", integration.response_parameters),
    ):
        if member in asked:
            asked[member] = finding.merged(held, asked[member])
    before: dict[str, Any] = msgspec.to_builtins(integration)
    whole = {name: value for name, value in {**before, **asked}.items() if value not in (None, "")}
    made = _checked(call, state, api, whole)
    state.integrations.put(f"{api.api_id}/{made.integration_id}", made)
    finding.changed(call, "IntegrationUpdated", _path(api, made), made, asked)
    snapshot.redeploy(call, api)
    return told(made)


def delete_integration(call: Call, request: Request) -> None:
    """Delete an integration that no route leads to."""
    state, api, integration = _found(call, request)
    target = f"integrations/{integration.integration_id}"
    routes = [route for route in under(state.routes, api.api_id) if route.target == target]
    if routes:
        raise refusals.conflict(
            f"Cannot delete Integration '{integration.integration_id}' which is referenced by a Route.",
            *(
                call.fact(finding.arn(call, f"/apis/{api.api_id}/routes/{r.route_id}"), "Target", target)
                for r in routes
            ),
            remedy=tuple(
                f"aws apigatewayv2 delete-route --api-id {api.api_id} --route-id {r.route_id}" for r in routes
            ),
        )
    prefix = f"{api.api_id}/{integration.integration_id}/"
    for key in [key for key in state.integration_responses if key.startswith(prefix)]:
        state.integration_responses.delete(key)
    state.integrations.delete(f"{api.api_id}/{integration.integration_id}")
    finding.changed(call, "IntegrationDeleted", _path(api, integration))
    snapshot.redeploy(call, api)


def _checked(call: Call, state: HttpState, api: Api, asked: Mapping[str, Any]) -> Integration:
    check = integration_checks.checked_http if api.protocol_type == "HTTP" else integration_checks.checked_socket
    made = msgspec.convert(check(call, asked), Integration)
    is_private = made.connection_type == "VPC_LINK" and api.protocol_type == "HTTP"
    if is_private and (made.connection_id or "") not in state.vpc_links:
        words = f"Invalid VPC link identifier specified: {made.connection_id}"
        raise refusals.invalid(words, ConnectionId=made.connection_id)
    return made


def _found(call: Call, request: Request) -> tuple[HttpState, Api, Integration]:
    state, api = finding.api(call, request)
    return state, api, finding.child(call, request, state.integrations, "Integration", "IntegrationId")


def _path(api: Api, integration: Integration) -> str:
    return f"/apis/{api.api_id}/integrations/{integration.integration_id}"
