"""Route responses: what a WebSocket API's routes answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Route, RouteResponse, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def create_route_response(call: Call, request: Request) -> dict[str, Any]:
    """Have a route answer."""
    state, api, parent = _parent(call, request)
    asked = finding.given(request, "ApiId", "RouteId")
    made = finding.updated(RouteResponse(route_response_id=finding.new_id(call, 7), route_response_key=""), asked)
    _check(state, api, parent, made)
    state.route_responses.put(_row(api, parent, made), made)
    finding.changed(call, "RouteResponseCreated", _path(api, parent, made), made)
    snapshot.redeploy(call, api)
    return told(made)


def get_route_response(call: Call, request: Request) -> dict[str, Any]:
    """A route response."""
    return told(_found(call, request)[3])


def get_route_responses(call: Call, request: Request) -> dict[str, Any]:
    """A route's responses."""
    state, api, parent = _parent(call, request)
    return paging.listed(under(state.route_responses, f"{api.api_id}/{parent.route_id}"), request)


def update_route_response(call: Call, request: Request) -> dict[str, Any]:
    """Change a route response."""
    state, api, parent, response = _found(call, request)
    asked = finding.given(request, "ApiId", "RouteId", "RouteResponseId")
    made = finding.updated(response, asked)
    _check(state, api, parent, made)
    state.route_responses.put(_row(api, parent, made), made)
    finding.changed(call, "RouteResponseUpdated", _path(api, parent, made), made, asked)
    snapshot.redeploy(call, api)
    return told(made)


def delete_route_response(call: Call, request: Request) -> None:
    """Have a route answer no more."""
    state, api, parent, response = _found(call, request)
    state.route_responses.delete(_row(api, parent, response))
    finding.changed(call, "RouteResponseDeleted", _path(api, parent, response))
    snapshot.redeploy(call, api)


def _parent(call: Call, request: Request) -> tuple[HttpState, Api, Route]:
    state, api = finding.api(call, request)
    if api.protocol_type != "WEBSOCKET":
        raise refusals.invalid("Route responses are only supported for WebSocket APIs", ProtocolType=api.protocol_type)
    return state, api, finding.child(call, request, state.routes, "Route", "RouteId")


def _found(call: Call, request: Request) -> tuple[HttpState, Api, Route, RouteResponse]:
    state, api, parent = _parent(call, request)
    rows = state.route_responses
    return state, api, parent, finding.child(call, request, rows, "RouteResponse", "RouteId", "RouteResponseId")


def _row(api: Api, parent: Route, response: RouteResponse) -> str:
    return f"{api.api_id}/{parent.route_id}/{response.route_response_id}"


def _path(api: Api, parent: Route, response: RouteResponse) -> str:
    return f"/apis/{api.api_id}/routes/{parent.route_id}/routeresponses/{response.route_response_id}"


def _check(state: HttpState, api: Api, parent: Route, made: RouteResponse) -> None:
    if made.route_response_key != "$default":
        raise refusals.invalid("Currently only $default is supported as a route response key", RouteResponseKey="")
    for other in under(state.route_responses, f"{api.api_id}/{parent.route_id}"):
        if other.route_response_id != made.route_response_id and other.route_response_key == made.route_response_key:
            raise refusals.conflict(f"Route responses with key {made.route_response_key} already exists")
