"""What anybody may fetch of identity pools' issuer, and what web pages need to call the API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Any, cast

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.cognito_identity import openid
from foulweather.services.cognito_identity.state import IdentityState
from foulweather.world.world import World

_EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
_KEYS, _CONFIGURATION = "/.well-known/jwks_uri", "/.well-known/openid-configuration"


def serves(world: World, request: HttpRequest) -> bool:
    """Whether the pool or identity that an unsigned request names lives in this world."""
    is_ours = "cognito-identity" in request.header("host")
    if request.method == "OPTIONS":
        return is_ours
    if request.path in (_KEYS, _CONFIGURATION):
        return is_ours
    try:
        told = json.loads(request.body)
    except ValueError:
        return False
    if not isinstance(told, dict):
        return False
    given = cast("Mapping[str, Any]", told)
    pool, identity = str(given.get("IdentityPoolId")), str(given.get("IdentityId"))
    return any(pool in state.pools or identity in state.identities for state in world.store.states(IdentityState))


def answer(pipeline: Pipeline, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
    """Answer a preflight, or show the key of the tokens or the issuer's configuration."""
    if request.method == "OPTIONS":
        return HttpResponse(200, _preflight(request))
    if request.path == _KEYS:
        return _json(openid.key_set(pipeline.world, pipeline.services))
    return _json(openid.configuration())


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """The API is open to web pages of any origin."""
    return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED)]


def _preflight(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "POST, GET, OPTIONS"),
        ("Access-Control-Allow-Headers", request.header("access-control-request-headers") or "*"),
        ("Access-Control-Max-Age", "172800"),
        ("Content-Length", "0"),
    ]


def _json(shown: Mapping[str, Any]) -> HttpResponse:
    return HttpResponse(200, [("Content-Type", "application/json")], json.dumps(shown, separators=(",", ":")).encode())
