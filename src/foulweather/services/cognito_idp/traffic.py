"""What anybody may fetch of a pool: its public keys and its OpenID configuration; and what web pages need to call it.

https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.cognito_idp import importing, keys, tokens
from foulweather.services.cognito_idp.hosted.addresses import address_of, home_of, host_name
from foulweather.services.cognito_idp.hosted.host_names import HOSTS
from foulweather.services.cognito_idp.records import ImportJob, Pool
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.world.world import World

PATH = re.compile(r"/([\w-]+_[0-9a-zA-Z]+)/\.well-known/(jwks\.json|openid-configuration)")
HOSTED = re.compile(HOSTS)
_EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"


def serves(world: World, request: HttpRequest) -> bool:
    """Whether the pool that the request is for lives in this world."""
    if request.method == "OPTIONS":
        if home_of(world, address_of(request.header("host"), request.path).domain) is not None:
            return True
        asked = request.header("access-control-request-headers").lower()
        is_ours = "cognito-idp" in request.header("host") or (request.path == "/" and "x-amz-target" in asked)
        return is_ours and any(state.pools for state in world.store.states(CognitoState))
    address = address_of(request.header("host"), request.path)
    if home_of(world, address.domain) is not None:
        return True
    found = PATH.fullmatch(request.path)
    if found is not None:
        return _pool(world, found[1]) is not None
    if request.path.startswith(importing.PATH):
        return _job(world, request) is not None
    # Under a name that is nobody's nothing is known: what a page of it posts must not make it a domain of ours.
    return not _is_foreign(request) and _is_known(world, request.body)


def answer(pipeline: Pipeline, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
    """Answer a preflight, show a pool's keys or its configuration, or take a file of users in."""
    if request.path.startswith(importing.PATH):
        return _taken_in(pipeline.world, request)
    address = address_of(request.header("host"), request.path)
    home = home_of(pipeline.world, address.domain)
    if home is not None:
        # Imported here: the pages, and what signs in on them, are much that few worlds need.
        from foulweather.services.cognito_idp.hosted import answering

        return answering.answer(pipeline, request, address, home)
    if address.base or HOSTED.fullmatch(host_name(request.header("host"))):
        return _json(404, {"message": f"There is no user pool domain {address.domain}."})
    if request.method == "OPTIONS":
        return HttpResponse(200, _preflight(request))
    found = PATH.fullmatch(request.path)
    pool = _pool(pipeline.world, found[1]) if found is not None else None
    if found is None or pool is None:
        name = found[1] if found is not None else ""
        return _json(404, {"message": f"User pool {name} does not exist."})
    return _json(200, keys.key_set(pool) if found[2] == "jwks.json" else configuration(pool))


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """The user pools API is open to web pages of any origin."""
    return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED)]


def configuration(pool: Pool) -> dict[str, Any]:
    """The OpenID configuration; its hosted endpoints are there once the pool has a domain."""
    shown: dict[str, Any] = {
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": pool.issuer,
        "jwks_uri": f"{pool.issuer}/.well-known/jwks.json",
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    if pool.domain or pool.custom_domain:
        host = pool.custom_domain or f"{pool.domain}.auth.{pool.region}.amazoncognito.com"
        shown |= {
            "authorization_endpoint": f"https://{host}/oauth2/authorize",
            "end_session_endpoint": f"https://{host}/logout",
            "revocation_endpoint": f"https://{host}/oauth2/revoke",
            "token_endpoint": f"https://{host}/oauth2/token",
            "userinfo_endpoint": f"https://{host}/oauth2/userInfo",
        }
    return shown


def _pool(world: World, pool_id: str) -> Pool | None:
    for state in world.store.states(CognitoState):
        pool = state.pools.get(pool_id)
        if pool is not None:
            return pool
    return None


def _is_foreign(request: HttpRequest) -> bool:
    """Whether the Host header has a name that is neither this machine's nor AWS's."""
    name = host_name(request.header("host"))
    return "." in name and not name.endswith((".localhost", ".amazonaws.com")) and not name[-1].isdecimal()


def _is_known(world: World, body: bytes) -> bool:
    """Whether the client, the session or the token of an unsigned call is of this world."""
    try:
        told = json.loads(body)
    except ValueError:
        return False
    if not isinstance(told, dict):
        return False
    given = cast("Mapping[str, Any]", told)
    client, session = str(given.get("ClientId")), str(given.get("Session"))
    found = tokens.payload_of(str(given.get("AccessToken") or "")) or {}
    pool_id = str(found.get("iss", "")).rpartition("/")[2]
    return any(
        client in state.clients or session in state.sessions or pool_id in state.pools
        for state in world.store.states(CognitoState)
    )


async def _taken_in(world: World, request: HttpRequest) -> HttpResponse:
    """A PUT to the URL of an import job."""
    found = _job(world, request)
    if found is None or request.method != "PUT":
        return HttpResponse(403, [])
    body = request.body
    if request.stream is not None:
        body = b"".join([piece async for piece in request.stream])
    token = dict(parse_qsl(request.query)).get("X-Amz-Signature", "")
    return HttpResponse(importing.upload(world, found[1], found[0], token, body), [])


def _job(world: World, request: HttpRequest) -> tuple[CognitoState, ImportJob] | None:
    pool_id, _, job_id = request.path.removeprefix(importing.PATH).partition("/")
    for state in world.store.states(CognitoState):
        job = state.imports.get(job_id)
        if job is not None and job.pool == pool_id:
            return state, job
    return None


def _preflight(request: HttpRequest) -> list[tuple[str, str]]:
    asked = request.header("access-control-request-headers") or "*"
    return [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "POST, GET, OPTIONS"),
        ("Access-Control-Allow-Headers", asked),
        ("Access-Control-Max-Age", "172800"),
        ("Content-Length", "0"),
    ]


def _json(status: int, shown: Mapping[str, Any]) -> HttpResponse:
    headers = [("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*")]
    return HttpResponse(status, headers, json.dumps(shown, separators=(",", ":")).encode())
