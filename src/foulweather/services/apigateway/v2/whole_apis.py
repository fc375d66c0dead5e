"""APIs as a whole: one that begins, what it may be told, and one that is emptied before it is imported anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.region_records import Place
from foulweather.services.apigateway.state import Places
from foulweather.services.apigateway.v2 import finding, limits, refusals
from foulweather.services.apigateway.v2.records import Api
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]
SELECTION = "$request.method $request.path"


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


def check(protocol: str, request: Request) -> None:
    """Refuse what an API of a protocol may not be told."""
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
