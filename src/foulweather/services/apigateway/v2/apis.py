"""HTTP and WebSocket APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.region_records import Place
from foulweather.services.apigateway.state import Places, RestState, under
from foulweather.services.apigateway.v2 import finding, limits, paging, quick_create, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]
SELECTION = "$request.method $request.path"


def create_api(call: Call, request: Request) -> dict[str, Any]:
    """Make an API; with a target, also its one route, its integration and its stage."""
    _check(request["ProtocolType"], request)
    made = begun(call, request)
    if request.get("Target"):
        quick_create.add(call, made, request)
    finding.changed(call, "ApiCreated", f"/apis/{made.api_id}", made)
    return told(made)


def begun(call: Call, request: Request) -> Api:
    """A new API, where it can be found."""
    cors = limits.checked_cors(request.get("CorsConfiguration"))
    tags = limits.checked_tags(request.get("Tags"))
    state, protocol = call.state(HttpState), request["ProtocolType"]
    limits.require_room(call, len(state.apis), limits.APIS_MAX, "APIs")
    api_id = finding.new_id(call, 10)
    scheme = "wss" if protocol == "WEBSOCKET" else "https"
    made = Api(
        api_id=api_id,
        name=request["Name"],
        protocol_type=protocol,
        route_selection_expression=request.get("RouteSelectionExpression") or SELECTION,
        created_date=call.now,
        api_endpoint=f"{scheme}://{api_id}.execute-api.{call.region}.amazonaws.com",
        api_key_selection_expression=request.get("ApiKeySelectionExpression") or "$request.header.x-api-key",
        cors_configuration=cors,
        description=request.get("Description"),
        disable_schema_validation=request.get("DisableSchemaValidation"),
        disable_execute_api_endpoint=bool(request.get("DisableExecuteApiEndpoint")),
        ip_address_type=request.get("IpAddressType") or "ipv4",
        tags=tags,
        version=request.get("Version"),
    )
    state.apis.put(api_id, made)
    call.world.state(Places).apis.put(api_id, Place(account=call.account, region=call.region, kind=protocol))
    return made


def get_api(call: Call, request: Request) -> dict[str, Any]:
    """An API."""
    return told(finding.api(call, request)[1])


def get_apis(call: Call, request: Request) -> dict[str, Any]:
    """The account's HTTP and WebSocket APIs."""
    return paging.listed(call.state(HttpState).apis.values(), request)


def update_api(call: Call, request: Request) -> dict[str, Any]:
    """Change an API; of one made by quick create also its target, role and route."""
    state, api = finding.api(call, request)
    _check(api.protocol_type, request)
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
            "Please remove all base path mappings related to the API in your account.",
            *(call.fact(finding.arn(call, f"/domainnames/{domain}"), "ApiId", api.api_id) for domain in mapped),
            remedy=tuple(f"aws apigatewayv2 get-api-mappings --domain-name {domain}" for domain in mapped),
        )
    clear(state, api.api_id)
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


def clear(state: HttpState, api_id: str) -> None:
    """Take from an API what it consists of, but no stage and no deployment."""
    for rows in (
        state.routes,
        state.route_responses,
        state.integrations,
        state.integration_responses,
        state.models,
        state.authorizers,
    ):
        for key in [key for key in rows if key.startswith(f"{api_id}/")]:
            rows.delete(key)


def _check(protocol: str, request: Request) -> None:
    expression = request.get("RouteSelectionExpression")
    if protocol == "HTTP":
        if expression not in (None, SELECTION, "${request.method} ${request.path}"):
            words = "Route selection expression for HTTP protocol must be $request.method $request.path"
            raise refusals.invalid(words, RouteSelectionExpression=expression)
        if request.get("DisableSchemaValidation") is not None:
            raise refusals.invalid("disableSchemaValidation is only supported for WebSocket APIs", ProtocolType="HTTP")
        return
    if expression is None and request.get("ApiId") is None:
        words = "RouteSelectionExpression is required for protocol WEBSOCKET"
        raise refusals.invalid(words, RouteSelectionExpression=None)
    for member in ("CorsConfiguration", "Target", "RouteKey", "CredentialsArn"):
        if request.get(member):
            raise refusals.invalid(f"{member} is only supported for HTTP APIs", ProtocolType=protocol)
