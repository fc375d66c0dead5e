"""JSON web tokens as JWT authorizers judge them: signature, issuer, audience, times and scopes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.http.issuers import Issuers, KeySet, NoKeys, decoded
from foulweather.services.apigateway.http.plans import AuthorizerPlan, RoutePlan
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.world.world import World

REMEMBERED_MAX: Final = 10_000
TOKEN_CHARACTERS_MAX: Final = 8_192
# "API Gateway currently supports only RSA-based algorithms": never HMAC, whose key anybody could have.
_HASHES: Final = {"RS256": "SHA256", "RS384": "SHA384", "RS512": "SHA512"}


class Verified(NamedTuple):
    """A token whose signature held, against the keys as they were then; `shown` are its claims as events have them."""

    keys: KeySet
    claims: Mapping[str, Any]
    shown: Mapping[str, str]
    scopes: frozenset[str]
    audience: frozenset[str]


class Remembered:
    """The tokens that were verified, by issuer and text; a key set that is fetched anew makes them count no more."""

    def __init__(self) -> None:
        self.tokens: dict[tuple[str, str], Verified] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[str, str], Verified]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Remembered, found).tokens


class _Unfit(Exception):
    """A token that proves nothing: what the client is told, and why."""

    def __init__(self, told: str, cause: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> None:
        super().__init__(told)
        self.told, self.cause, self.facts, self.remedy = told, cause, facts, remedy


async def authorize(visit: Visit, route: RoutePlan, authorizer: AuthorizerPlan) -> None:
    """Refuse a request whose token does not open the route."""
    named = authorizer.sources[0].value(visit) if authorizer.sources else None
    if not named:
        raise _no_token(visit, authorizer)
    token = named[7:] if named[:7].lower() == "bearer " else named
    world = visit.call.world
    remembered = Remembered.of(world)
    found = remembered.get((authorizer.issuer, token))
    try:
        if found is None or found.keys is not Issuers.of(world).held(authorizer.issuer, visit.call.now):
            found = await _verified(visit, authorizer, token)
            if len(remembered) >= REMEMBERED_MAX:
                remembered.clear()
            remembered[authorizer.issuer, token] = found
        _check_claims(visit, authorizer, found)
    except _Unfit as error:
        remembered.pop((authorizer.issuer, token), None)
        raise _refusal(visit, route, authorizer, error) from None
    scopes = None
    if route.scopes:
        scopes = [scope for scope in route.scopes if scope in found.scopes]
        if not scopes:
            raise _out_of_scope(visit, route, found)
    visit.authorizer = {"jwt": {"claims": found.shown, "scopes": scopes}}


async def _verified(visit: Visit, authorizer: AuthorizerPlan, token: str) -> Verified:
    """A token whose signature is one of the issuer's."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise _Unfit("the token is too long", f"The token has {len(token)} characters.")
    parts = token.split(".")
    if len(parts) != 3:
        raise _Unfit("token contains an invalid number of segments", "What the request has is no JSON web token.")
    header, claims = _json(parts[0]), _json(parts[1])
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in _HASHES or "crit" in header:
        cause = f"The token is signed by {algorithm}; only RSA signatures (RS256, RS384, RS512) count."
        raise _Unfit(f"signing method {algorithm} is invalid", cause, Fact("token", "alg", algorithm))
    if not isinstance(kid, str) or not kid:
        raise _Unfit("the token does not have a kid", "The token does not name its key.", Fact("token", "kid", kid))
    # Checked before keys are fetched: nobody makes this server ask another issuer.
    if claims.get("iss") != authorizer.issuer:
        raise _Unfit(
            "the token does not have a valid issuer",
            f"The token is from {claims.get('iss') or 'nobody'}, and the authorizer trusts {authorizer.issuer}.",
            _fact(visit, authorizer, "Issuer", authorizer.issuer),
            Fact("token", "iss", claims.get("iss")),
        )
    try:
        keys = await Issuers.of(visit.call.world).keys(visit.call, authorizer.issuer, kid)
    except NoKeys as error:
        told = "OIDC discovery endpoint communication error"
        fact = _fact(visit, authorizer, "Issuer", authorizer.issuer)
        raise _Unfit(told, f"The issuer's keys cannot be had: {error}.", fact) from None
    key, own = keys.keys.get(kid, (None, ""))
    if key is None or own not in ("", algorithm):
        cause = f"The issuer has published no key {kid} for {algorithm}."
        raise _Unfit(f"kid {kid} is not found", cause, Fact("token", "kid", kid), Fact("issuer", "keys", [*keys.keys]))
    if not _is_signed(key, _HASHES[algorithm], parts):
        raise _Unfit("signature is invalid", "The token's signature is not one by the issuer's key.")
    scopes = claims.get("scope", claims.get("scp", ""))
    named = scopes.split() if isinstance(scopes, str) else [str(each) for each in _listed(scopes)]
    # client_id counts only where there is no aud
    audience = _listed(claims["aud"]) if "aud" in claims else _listed(claims.get("client_id"))
    shown = {name: _shown(value) for name, value in claims.items()}
    texts = frozenset(each for each in audience if isinstance(each, str))
    return Verified(keys, claims, shown, frozenset(named), texts)


def _check_claims(visit: Visit, authorizer: AuthorizerPlan, found: Verified) -> None:
    """What changes with time, and with the authorizer that asks."""
    claims, now_s = found.claims, visit.call.now // 1000
    if claims.get("iss") != authorizer.issuer:
        raise _Unfit("the token does not have a valid issuer", "The token is from another issuer.")
    if not found.audience & authorizer.audience:
        raise _Unfit(
            "the token does not have a valid audience",
            f"The token is for {', '.join(sorted(found.audience)) or 'nobody'}, and not for this API.",
            _fact(visit, authorizer, "Audience", sorted(authorizer.audience)),
            Fact("token", "aud" if "aud" in claims else "client_id", sorted(found.audience)),
        )
    now = Fact("world", "now", now_s)
    expires, begins, issued = (_time(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None or expires <= now_s:
        raise _Unfit("the token has expired", "The token has expired.", Fact("token", "exp", claims.get("exp")), now)
    if begins is not None and begins > now_s:
        raise _Unfit("the token is not valid yet", "The token is not valid yet.", Fact("token", "nbf", begins), now)
    if issued is not None and issued > now_s:
        raise _Unfit("the token used before issued", "The token is from the future.", Fact("token", "iat", issued), now)


def _time(claims: Mapping[str, Any], name: str) -> int | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 53:
        raise _Unfit(
            "the token could not be parsed", f"The token's {name} is no time.", Fact("token", name, str(value))
        )
    return int(value)


def _is_signed(key: Any, name: str, parts: list[str]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    try:
        key.verify(decoded(parts[2]), f"{parts[0]}.{parts[1]}".encode(), PKCS1v15(), getattr(hashes, name)())
    except (InvalidSignature, ValueError):
        return False
    return True


def _json(text: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(decoded(text))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _Unfit("the token could not be parsed", "What the request has is no JSON web token.")
    return cast("dict[str, Any]", found)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return cast("list[Any]", value)
    return [] if value is None else [value]


def _shown(value: Any) -> str:
    """A claim as functions get it: text; lists in brackets, parted by spaces."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "[" + " ".join(_shown(each) for each in cast("list[Any]", value)) + "]"
    return json.dumps(value, separators=(",", ":"))


def _fact(visit: Visit, authorizer: AuthorizerPlan, member: str, value: Any) -> Fact:
    found = visit.fact(f"authorizers/{authorizer.id}", "JwtConfiguration", None)
    return Fact(found.resource, f"JwtConfiguration.{member}", value, found.set_by)


def _no_token(visit: Visit, authorizer: AuthorizerPlan) -> Refusal:
    source = authorizer.source_names[0] if authorizer.source_names else ""
    why = Why(
        "refused",
        f"The request has no {source}, where the authorizer {authorizer.name} looks for a token.",
        (
            visit.fact(f"authorizers/{authorizer.id}", "IdentitySource", authorizer.source_names),
            Fact("request", source, None),
        ),
    )
    visit.authorizer_error = "Unauthorized"
    return Refusal(401, why, headers=(("www-authenticate", "Bearer"),))


def _refusal(visit: Visit, route: RoutePlan, authorizer: AuthorizerPlan, error: _Unfit) -> Refusal:
    told = str(error).replace('"', "'").encode("ascii", "replace").decode()
    told = "".join(each if each.isprintable() else "?" for each in told)[:200]
    why = Why(
        "refused",
        error.cause,
        (*error.facts, visit.route_fact("AuthorizerId", authorizer.id)),
        (f"aws apigatewayv2 get-authorizer --api-id {visit.api.api_id} --authorizer-id {authorizer.id}",),
    )
    visit.authorizer_error = told
    header = f'Bearer scope="{" ".join(route.scopes)}" error="invalid_token" error_description="{told}"'
    return Refusal(401, why, headers=(("www-authenticate", header),))


def _out_of_scope(visit: Visit, route: RoutePlan, found: Verified) -> Refusal:
    wanted = " ".join(route.scopes)
    why = Why(
        "denied",
        f"The token has none of the scopes of {route.key} ({wanted}).",
        (visit.route_fact("AuthorizationScopes", list(route.scopes)), Fact("token", "scope", sorted(found.scopes))),
        (f"aws apigatewayv2 get-route --api-id {visit.api.api_id} --route-id {route.id}",),
    )
    visit.authorizer_error = "insufficient_scope"
    header = f'Bearer scope="{wanted}" error="insufficient_scope"'
    return Refusal(403, why, headers=(("www-authenticate", header),))
