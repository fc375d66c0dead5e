"""Authorizers: whose tokens open routes (JWT), and which functions decide (REQUEST).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, limits, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Authorizer, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]
_SOURCE = re.compile(
    r"\$(?:request\.(?:header|querystring)\.[^\s]+|context\.[\w.]+|stageVariables\.\w+)"
    r"|route\.request\.(?:header|querystring)\.[^\s]+|context\.[\w.]+|stageVariables\.\w+"
)
_INVOCATION = re.compile(
    r"arn:aws[\w-]*:apigateway:[a-z0-9-]+:lambda:path/[0-9-]+/functions/arn:aws[\w-]*:lambda:[^/]+/invocations"
)


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
    is_http = api.protocol_type == "HTTP"
    if made.authorizer_type == "JWT":
        if not is_http:
            raise refusals.invalid("JWT authorizers are only supported for HTTP APIs", AuthorizerType="JWT")
        _check_jwt(made)
    else:
        _check_function(made, is_http=is_http)
    for source in made.identity_source:
        if not _SOURCE.fullmatch(source):
            raise refusals.invalid(f"Invalid identity source: {source}", IdentitySource=made.identity_source)
    for other in under(state.authorizers, api.api_id):
        if other.authorizer_id != made.authorizer_id and other.name == made.name:
            raise refusals.conflict(f"Authorizer name must be unique. Authorizer {made.name} already exists")


def _check_jwt(made: Authorizer) -> None:
    told = made.jwt_configuration or {}
    issuer, audience = told.get("Issuer") or "", told.get("Audience") or []
    if not re.fullmatch(r"https?://[^\s]+", issuer):
        words = "Caught exception when connecting to the issuer: Invalid issuer"
        raise refusals.invalid(f"{words}: {issuer}. Issuer must be a valid URL.", Issuer=issuer)
    if not audience:
        raise refusals.invalid("JwtConfiguration must have at least one Audience", Audience=[])
    if len(audience) > limits.AUDIENCES_MAX:
        raise refusals.too_many("audiences", made.name, limits.AUDIENCES_MAX)
    if len(made.identity_source) != 1:
        words = "A JWT authorizer must have exactly one identity source"
        raise refusals.invalid(words, IdentitySource=made.identity_source)
    if made.authorizer_uri or made.enable_simple_responses:
        raise refusals.invalid("AuthorizerUri is only supported for REQUEST authorizers", AuthorizerType="JWT")


def _check_function(made: Authorizer, *, is_http: bool) -> None:
    if made.jwt_configuration:
        raise refusals.invalid("JwtConfiguration is only supported for JWT authorizers", AuthorizerType="REQUEST")
    if not made.authorizer_uri or not _INVOCATION.fullmatch(made.authorizer_uri):
        words = "Invalid Authorizer URI. Authorizer URI should be a valid API Gateway ARN that represents a Lambda"
        raise refusals.invalid(f"{words} function invocation.", AuthorizerUri=made.authorizer_uri)
    version = made.authorizer_payload_format_version
    if not is_http:
        if version or made.enable_simple_responses or made.authorizer_result_ttl_in_seconds:
            words = "AuthorizerPayloadFormatVersion, EnableSimpleResponses and caching are only supported for HTTP APIs"
            raise refusals.invalid(words, AuthorizerPayloadFormatVersion=version)
        return
    if version not in ("1.0", "2.0"):
        words = "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer and must be 1.0 or 2.0"
        raise refusals.invalid(words, AuthorizerPayloadFormatVersion=version)
    if made.enable_simple_responses and version == "1.0":
        words = "EnableSimpleResponses is only supported for authorizer payload format version 2.0"
        raise refusals.invalid(words, EnableSimpleResponses=True)
    if made.authorizer_result_ttl_in_seconds and not made.identity_source:
        words = "IdentitySource is required when caching is enabled"
        raise refusals.invalid(words, AuthorizerResultTtlInSeconds=made.authorizer_result_ttl_in_seconds)
    if made.authorizer_result_ttl_in_seconds is None:
        # Caching is off by default: docs of HTTP APIs' Lambda authorizers.
        made.authorizer_result_ttl_in_seconds = 0
