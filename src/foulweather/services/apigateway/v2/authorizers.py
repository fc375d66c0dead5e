"""Authorizers: whose tokens open routes (JWT), and which functions decide (REQUEST).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import authorizer_checks, finding, limits, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Authorizer, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def create_authorizer(call: Call, request: Request) -> dict[str, Any]:
    """Add an authorizer to an API."""
    state, api = finding.api(call, request)
    asked = finding.given(request, "ApiId")
    made = finding.updated(Authorizer(authorizer_id=finding.new_id(call, 6), name="", authorizer_type=""), asked)
    _check(state, api, made)
    held = len(list(under(state.authorizers, api.api_id)))
    limits.require_room(call, held, limits.AUTHORIZERS_MAX, "authorizers", finding.arn(call, f"/apis/{api.api_id}"))
    state.authorizers.put(f"{api.api_id}/{made.authorizer_id}", made)
    finding.changed(call, "AuthorizerCreated", _path(api, made), made)
    snapshot.redeploy(call, api)
    return told(made)


def get_authorizer(call: Call, request: Request) -> dict[str, Any]:
    """An authorizer."""
    return told(_found(call, request)[2])


def get_authorizers(call: Call, request: Request) -> dict[str, Any]:
    """The authorizers of an API."""
    state, api = finding.api(call, request)
    return paging.listed(under(state.authorizers, api.api_id), request)


def update_authorizer(call: Call, request: Request) -> dict[str, Any]:
    """Change an authorizer."""
    state, api, authorizer = _found(call, request)
    asked = finding.given(request, "ApiId", "AuthorizerId")
    made = finding.updated(authorizer, asked)
    _check(state, api, made)
    state.authorizers.put(f"{api.api_id}/{made.authorizer_id}", made)
    finding.changed(call, "AuthorizerUpdated", _path(api, made), made, asked)
    snapshot.redeploy(call, api)
    return told(made)


def delete_authorizer(call: Call, request: Request) -> None:
    """Delete an authorizer that no route asks."""
    state, api, authorizer = _found(call, request)
    routes = [r for r in under(state.routes, api.api_id) if r.authorizer_id == authorizer.authorizer_id]
    if routes:
        ids = ", ".join(route.route_id for route in routes)
        raise refusals.conflict(
            f"Cannot delete authorizer '{authorizer.authorizer_id}', is referenced in route: {ids}",
            remedy=tuple(
                f"aws apigatewayv2 update-route --api-id {api.api_id} --route-id {r.route_id} --authorization-type NONE"
                for r in routes
            ),
        )
    state.authorizers.delete(f"{api.api_id}/{authorizer.authorizer_id}")
    finding.changed(call, "AuthorizerDeleted", _path(api, authorizer))
    snapshot.redeploy(call, api)


def _found(call: Call, request: Request) -> tuple[HttpState, Api, Authorizer]:
    state, api = finding.api(call, request)
    return state, api, finding.child(call, request, state.authorizers, "Authorizer", "AuthorizerId")


def _path(api: Api, authorizer: Authorizer) -> str:
    return f"/apis/{api.api_id}/authorizers/{authorizer.authorizer_id}"


def _check(state: HttpState, api: Api, made: Authorizer) -> None:
    authorizer_checks.check(made, is_http=api.protocol_type == "HTTP")
    for other in under(state.authorizers, api.api_id):
        if other.authorizer_id != made.authorizer_id and other.name == made.name:
            raise refusals.conflict(f"Authorizer name must be unique. Authorizer {made.name} already exists")
