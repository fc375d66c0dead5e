"""Cognito's user pools as authorizers: whose token it is, and whether its scopes open the method.

Without scopes on the method it must be an ID token; with scopes an access token that has one of them.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway import patterns
from foulweather.services.apigateway.rest import refusals
from foulweather.services.apigateway.rest.java_values import shown
from foulweather.services.apigateway.rest.lambda_authorizers import source_value
from foulweather.services.apigateway.rest.plans import MethodPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.rest.waiting import answered
from foulweather.world.world import World

YEAR_10000_S = 253_402_300_800


class Keys:
    """The public keys of user pools, as their issuers publish them, by issuer and key id."""

    def __init__(self) -> None:
        self.by_id: dict[tuple[str, str], Any] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[str, str], Any]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Keys, found).by_id


class _Unfit(Exception):
    """A token that proves nothing; the message says why."""


async def authorize(visit: Visit, method: MethodPlan) -> None:
    """Refuse a request whose token does not open the method."""
    authorizer = method.authorizer or {}
    source = authorizer.get("identitySource") or "method.request.header.Authorization"
    visit.info(f"Starting authorizer: {authorizer.get('id', '')} for request: {visit.call.request_id}")
    token = source_value(visit, source)
    if not token:
        raise _refusal(visit, authorizer, f"The request has no {source}.", Fact("request", source, None))
    pattern = authorizer.get("identityValidationExpression")
    try:
        claims = await verified(visit, token, authorizer.get("providerARNs", []), pattern)
    except _Unfit as error:
        raise _refusal(visit, authorizer, str(error), Fact("request", source, "a token")) from None
    _check_use(visit, method, authorizer, claims)
    visit.authorizer = {"claims": {name: _told(name, value) for name, value in claims.items()}}
    visit.info("Successfully completed authorizer execution")


async def verified(visit: Visit, token: str, pools: Sequence[str], pattern: str | None) -> dict[str, Any]:
    """The claims of a token of one of the pools that is in force."""
    token = token.removeprefix("Bearer ").strip()
    parts = token.split(".")
    if len(parts) != 3:
        raise _Unfit("What the request has is no JSON web token.")
    header, claims = _json(parts[0]), _json(parts[1])
    issuer = str(claims.get("iss", ""))
    pool = issuer.rpartition("/")[2]
    arn = next((arn for arn in pools if arn.rpartition("/")[2] == pool), None)
    if arn is None or issuer != f"https://cognito-idp.{arn.split(':')[3]}.amazonaws.com/{pool}":
        raise _Unfit(f"The token is from {issuer or 'nobody'}, and none of the authorizer's user pools issues such.")
    if header.get("alg") != "RS256":
        raise _Unfit(f"The token is signed by {header.get('alg')}, not RS256.")
    key = await _key(visit, arn, issuer, str(header.get("kid", "")))
    if key is None or not _is_signed(key, parts):
        raise _Unfit("The token's signature is not one of the user pool's.")
    if pattern and not patterns.finds(pattern, str(claims.get("aud") or claims.get("client_id") or "")):
        raise _Unfit("The token is for another client than the authorizer's expression asks for.")
    expires = claims.get("exp")
    if not isinstance(expires, int) or expires * 1000 <= visit.call.now:
        raise _expired(visit, claims)
    return claims


def _expired(visit: Visit, claims: Mapping[str, Any]) -> Refusal:
    why = refusals.refused(
        "The token has expired.", Fact("token", "exp", claims.get("exp")), Fact("world", "now", visit.call.now // 1000)
    )
    line = f"Unauthorized request: {visit.call.request_id}"
    return Refusal("UNAUTHORIZED", "The incoming token has expired", why, logged=(line,))


def _check_use(visit: Visit, method: MethodPlan, authorizer: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    use, scopes = claims.get("token_use"), str(claims.get("scope", "")).split()
    wanted = method.scopes
    facts = (
        visit.method_fact("authorizationScopes", wanted),
        Fact("token", "token_use", use),
        Fact("token", "scope", " ".join(scopes)),
    )
    if wanted and use != "access":
        cause = (
            f"The method asks for an access token with one of its scopes ({', '.join(wanted)}), "
            f"and the client sent an {use} token."
        )
        raise _refusal(visit, authorizer, cause, *facts)
    if wanted and not set(wanted) & set(scopes):
        cause = f"The access token has none of the method's scopes ({', '.join(wanted)})."
        raise _refusal(visit, authorizer, cause, *facts)
    if not wanted and use != "id":
        cause = f"The method has no scopes and so asks for an ID token; the client sent an {use} token."
        raise _refusal(visit, authorizer, cause, *facts)


def _refusal(visit: Visit, authorizer: Mapping[str, Any], cause: str, *facts: Fact) -> Refusal:
    identifier = authorizer.get("id", "")
    arn = f"arn:aws:apigateway:{visit.call.region}::/restapis/{visit.api.id}/authorizers/{identifier}"
    why = Why(
        "refused",
        cause,
        (*facts, Fact(arn, "providerARNs", authorizer.get("providerARNs"))),
        (
            f"aws apigateway get-method --rest-api-id {visit.api.id} --resource-id {visit.resource_id} "
            f"--http-method {visit.method.http_method if visit.method else ''} --query authorizationScopes",
        ),
    )
    visit.authorizer_facts.update(status=401, error="Unauthorized")
    return refusals.unauthorized(why, visit.call.request_id)


async def _key(visit: Visit, arn: str, issuer: str, kid: str) -> Any:
    """A pool's public key by its id, which its issuer's document tells."""
    keys = Keys.of(visit.call.world)
    if (issuer, kid) not in keys:
        for published in await _published(visit.call.pipeline, arn):
            keys[issuer, str(published.get("kid"))] = _public_key(published)
    return keys.get((issuer, kid))


async def _published(pipeline: Pipeline, arn: str) -> list[dict[str, Any]]:
    service = pipeline.services.find("cognito-idp")
    if service is None or not service.has_traffic:
        return []
    region, pool = arn.split(":")[3], arn.rpartition("/")[2]
    host = f"cognito-idp.{region}.amazonaws.com"
    request = HttpRequest("GET", f"/{pool}/.well-known/jwks.json", "", [("Host", host)])
    traffic = pipeline.services.part(service, "traffic")
    response: HttpResponse = await answered(traffic.answer(pipeline, request))
    try:
        return cast("list[dict[str, Any]]", json.loads(response.body).get("keys", []))
    except (ValueError, AttributeError):
        return []


def _public_key(published: Mapping[str, Any]) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    exponent, modulus = (int.from_bytes(_bytes(str(published[name])), "big") for name in ("e", "n"))
    return RSAPublicNumbers(exponent, modulus).public_key()


def _is_signed(key: Any, parts: Sequence[str]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.verify(_bytes(parts[2]), f"{parts[0]}.{parts[1]}".encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(text))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _Unfit("What the request has is no JSON web token.")
    return cast("dict[str, Any]", found)


def _told(name: str, value: Any) -> str:
    """A claim as functions get it: text; times in Java's words, lists joined by commas."""
    if name in ("exp", "iat") and isinstance(value, int) and 0 <= value < YEAR_10000_S:
        return datetime.fromtimestamp(value, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    if isinstance(value, list):
        return ",".join(shown(each) for each in cast("list[Any]", value))
    return shown(value)
