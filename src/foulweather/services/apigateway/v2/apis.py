"""HTTP and WebSocket APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import Places, RestState, under
from foulweather.services.apigateway.v2 import finding, limits, paging, quick_create, refusals, snapshot, whole_apis
from foulweather.services.apigateway.v2.records import told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def create_api(call: Call, request: Request) -> dict[str, Any]:
    """Make an API; with a target, also its one route, its integration and its stage."""
    whole_apis.check(request["ProtocolType"], request)
    made = whole_apis.begun(call, request)
    if request.get("Target"):
        quick_create.add(call, made, request)
    finding.changed(call, "ApiCreated", f"/apis/{made.api_id}", made)
    return told(made)


def get_api(call: Call, request: Request) -> dict[str, Any]:
    """An API."""
    return told(finding.api(call, request)[1])


def get_apis(call: Call, request: Request) -> dict[str, Any]:
    """The account's HTTP and WebSocket APIs."""
    return paging.listed(call.state(HttpState).apis.values(), request)


def update_api(call: Call, request: Request) -> dict[str, Any]:
    """Change an API; of one made by quick create also its target, role and route."""
    state, api = finding.api(call, request)
    whole_apis.check(api.protocol_type, request)
    asked = finding.given(request, "ApiId", "Target", "CredentialsArn", "RouteKey")
    if "CorsConfiguration" in asked:
        asked["CorsConfiguration"] = limits.checked_cors(asked["CorsConfiguration"])
    made = finding.updated(api, asked)
    quick_create.update(call, api, request)
    state.apis.put(made.api_id, made)
    finding.changed(call, "ApiUpdated", f"/apis/{made.api_id}", made, asked)
    snapshot.redeploy(call, made)
    return told(made)


def delete_api(call: Call, request: Request) -> None:
    """Delete an API with all that belongs to it."""
    state, api = finding.api(call, request)
    mapped = [each.domain for each in call.state(RestState).mappings.values() if each.api_id == api.api_id]
    if mapped:
        raise refusals.invalid(
            f"Deleting API {api.api_id} failed. "
            "Please remove all API mappings for the API from your custom domain names.",
            *(call.fact(finding.arn(call, f"/domainnames/{domain}"), "ApiId", api.api_id) for domain in mapped),
            remedy=tuple(f"aws apigatewayv2 get-api-mappings --domain-name {domain}" for domain in mapped),
        )
    whole_apis.clear(state, api.api_id)
    for stage in list(under(state.stages, api.api_id)):
        state.stages.delete(f"{api.api_id}/{stage.stage_name}")
    for deployment in list(under(state.deployments, api.api_id)):
        state.deployments.delete(f"{api.api_id}/{deployment.deployment_id}")
    state.apis.delete(api.api_id)
    call.world.state(Places).apis.delete(api.api_id)
    finding.changed(call, "ApiDeleted", f"/apis/{api.api_id}")


def delete_cors_configuration(call: Call, request: Request) -> None:
    """Have an API answer no preflights any more."""
    state, api = finding.api(call, request)
    api.cors_configuration = None
    state.apis.touch(api.api_id)
    finding.changed(call, "CorsConfigurationDeleted", f"/apis/{api.api_id}", api, ["CorsConfiguration"])
    snapshot.redeploy(call, api)
