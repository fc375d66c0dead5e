"""Routes: which requests, or which messages, go where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, limits, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Route, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]
_OF_SOCKETS = (
    "ModelSelectionExpression",
    "RequestModels",
    "RequestParameters",
    "RouteResponseSelectionExpression",
)


def create_route(call: Call, request: Request) -> dict[str, Any]:
    """Add a route to an API."""
    state, api = finding.api(call, request)
    asked = finding.given(request, "ApiId")
    made = finding.updated(Route(route_id=finding.new_id(call, 7), route_key=""), asked)
    _check(state, api, made, asked)
    if made.authorization_type == "NONE" and made.authorizer_id:
        made.authorization_type = _type_of(state, api, made.authorizer_id)
    held = len(list(under(state.routes, api.api_id)))
    limits.require_room(call, held, limits.ROUTES_MAX, "routes", finding.arn(call, f"/apis/{api.api_id}"))
    state.routes.put(f"{api.api_id}/{made.route_id}", made)
    finding.changed(call, "RouteCreated", _path(api, made), made)
    snapshot.redeploy(call, api)
    return told(made)


def get_route(call: Call, request: Request) -> dict[str, Any]:
    """A route."""
    return told(_found(call, request)[2])


def get_routes(call: Call, request: Request) -> dict[str, Any]:
    """The routes of an API."""
    state, api = finding.api(call, request)
    return paging.listed(under(state.routes, api.api_id), request)


def update_route(call: Call, request: Request) -> dict[str, Any]:
    """Change a route."""
    state, api, route = _found(call, request)
    asked = finding.given(request, "ApiId", "RouteId")
    made = finding.updated(route, asked)
    if made.authorization_type == "NONE":
        made.authorizer_id, made.authorization_scopes = None, []
    _check(state, api, made, asked)
    state.routes.put(f"{api.api_id}/{made.route_id}", made)
    finding.changed(call, "RouteUpdated", _path(api, made), made, asked)
    snapshot.redeploy(call, api)
    return told(made)


def delete_route(call: Call, request: Request) -> None:
    """Delete a route with its responses."""
    state, api, route = _found(call, request)
    for key in [key for key in state.route_responses if key.startswith(f"{api.api_id}/{route.route_id}/")]:
        state.route_responses.delete(key)
    state.routes.delete(f"{api.api_id}/{route.route_id}")
    finding.changed(call, "RouteDeleted", _path(api, route))
    snapshot.redeploy(call, api)


def delete_route_request_parameter(call: Call, request: Request) -> None:
    """Have a route ask for a parameter no more."""
    state, api, route = _found(call, request)
    name = request["RequestParameterKey"]
    if name not in route.request_parameters:
        path = f"{_path(api, route)}/requestparameters/{name}"
        raise refusals.missing("Invalid request parameter identifier specified", finding.arn(call, path))
    route.request_parameters = {key: value for key, value in route.request_parameters.items() if key != name}
    state.routes.touch(f"{api.api_id}/{route.route_id}")
    finding.changed(call, "RouteUpdated", _path(api, route), route, ["RequestParameters"])
    snapshot.redeploy(call, api)


def _found(call: Call, request: Request) -> tuple[HttpState, Api, Route]:
    state, api = finding.api(call, request)
    return state, api, finding.child(call, request, state.routes, "Route", "RouteId")


def _path(api: Api, route: Route) -> str:
    return f"/apis/{api.api_id}/routes/{route.route_id}"


def _type_of(state: HttpState, api: Api, authorizer: str) -> str:
    kind = state.authorizers[f"{api.api_id}/{authorizer}"].authorizer_type
    return "CUSTOM" if kind == "REQUEST" else kind


def _check(state: HttpState, api: Api, made: Route, asked: Request) -> None:
    is_http = api.protocol_type == "HTTP"
    if is_http:
        limits.checked_route_key(made.route_key)
        for member in _OF_SOCKETS:
            if asked.get(member):
                raise refusals.invalid(f"{member} is not supported for HTTP protocol", **{member: asked[member]})
        if made.api_key_required:
            raise refusals.invalid("ApiKeyRequired is not currently supported for HTTP APIs", ApiKeyRequired=True)
    elif made.authorization_type == "JWT":
        raise refusals.invalid("JWT authorizers are only supported for HTTP APIs", AuthorizationType="JWT")
    elif made.authorization_type != "NONE" and made.route_key != "$connect":
        words = "Currently, authorization is restricted to the $connect route only"
        raise refusals.invalid(words, RouteKey=made.route_key, AuthorizationType=made.authorization_type)
    _check_authorizer(state, api, made)
    _check_target(state, api, made)
    for other in under(state.routes, api.api_id):
        if other.route_id != made.route_id and other.route_key == made.route_key:
            raise refusals.conflict(f"Route with key {made.route_key} already exists for this API")


def _check_authorizer(state: HttpState, api: Api, made: Route) -> None:
    if len(made.authorization_scopes) > limits.SCOPES_MAX:
        raise refusals.too_many("authorization scopes", "route", limits.SCOPES_MAX)
    if made.authorization_scopes and made.authorization_type != "JWT":
        words = "Authorization scopes are only supported for JWT authorization"
        raise refusals.invalid(words, AuthorizationType=made.authorization_type)
    if made.authorization_type in ("NONE", "AWS_IAM") and not made.authorizer_id:
        return
    authorizer = state.authorizers.get(f"{api.api_id}/{made.authorizer_id}")
    if authorizer is None:
        words = "Invalid authorizer identifier specified" if made.authorizer_id else "AuthorizerId is required"
        raise refusals.invalid(words, AuthorizerId=made.authorizer_id)
    wanted = "JWT" if authorizer.authorizer_type == "JWT" else "CUSTOM"
    if made.authorization_type not in ("NONE", wanted):
        words = f"Authorizer type {authorizer.authorizer_type} does not go with authorization type"
        raise refusals.invalid(f"{words} {made.authorization_type}", AuthorizationType=made.authorization_type)


def _check_target(state: HttpState, api: Api, made: Route) -> None:
    if not made.target:
        return
    kind, _, integration = made.target.partition("/")
    if kind != "integrations" or not integration:
        words = 'The provided target is not formatted properly. Format should be "integrations/<INTEGRATION ID>"'
        raise refusals.invalid(words, Target=made.target)
    if f"{api.api_id}/{integration}" not in state.integrations:
        raise refusals.invalid(f"Invalid integration identifier specified: {integration}", Target=made.target)
