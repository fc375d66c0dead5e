"""Sign-ins with other providers: to an OpenID Connect provider and back, by its code flow.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
"""

from __future__ import annotations

import base64
import hmac
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlencode

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits
from foulweather.services.cognito_idp.hosted import browsers, fetching, granting, provisioning
from foulweather.services.cognito_idp.hosted.asking import Asked, asked, page_refusal
from foulweather.services.cognito_idp.hosted.visit import Visit
from foulweather.services.cognito_idp.hosted_records import Trip
from foulweather.services.cognito_idp.limits import MINUTE_MS
from foulweather.services.cognito_idp.records import IdentityProviderRecord, Settings

COOKIE: Final = "csrf-state"
_TRIP_MS: Final = 5 * MINUTE_MS
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]


class _Way(NamedTuple):
    """A browser that has come back: for which app, from which provider, and where that is asked."""

    asked: Asked
    record: IdentityProviderRecord
    trip: Trip
    endpoints: Settings

    def failed(self, description: str, *facts: Fact) -> Exception:
        """An error for the app's callback."""
        return self.asked.refusal("invalid_request", description, *facts, description=description)


async def begin(visit: Visit, found: Asked, record: IdentityProviderRecord) -> HttpResponse:
    """Send a browser to a provider."""
    if record.type != "OIDC":
        raise not_implemented(limits.SERVICE, f"Authorize.identity_provider={record.type}")
    endpoints = await _endpoints(visit, found, record)
    ids = visit.call.world.ids
    trip = Trip(
        ids.token(24),
        visit.pool.id,
        found.app.client.id,
        record.name,
        found.params,
        ids.token(16),
        visit.call.now + _TRIP_MS,
    )
    visit.state.forget_old_visits(visit.call.now)
    visit.state.trips.put(trip.state, trip)
    # The provider's answer counts only in the browser that was sent there.
    visit.set_cookie(COOKIE, trip.state, _TRIP_MS // 1000)
    params = {
        "client_id": record.details["client_id"],
        "redirect_uri": _callback(visit),
        "scope": record.details["authorize_scopes"],
        "response_type": "code",
        "state": trip.state,
        "nonce": trip.nonce,
    }
    return visit.redirect(granting.with_query(endpoints["authorization_endpoint"], params))


async def come_back(visit: Visit) -> HttpResponse:
    """/oauth2/idpresponse: a browser comes back with the provider's code, or its error."""
    if visit.method == "POST":
        visit.read_form()
    told = visit.form if visit.method == "POST" else visit.query
    state = told.get("state", "")
    trip = visit.state.trips.get(state)
    held = visit.cookies.get(COOKIE, "")
    if trip is None or trip.pool != visit.pool.id or visit.call.now >= trip.expires_ms:
        raise page_refusal(
            "invalid_request", "Invalid relayState from identity provider", Fact("request", "state", state)
        )
    if not hmac.compare_digest(held.encode(), state.encode()):
        raise page_refusal("invalid_request", "The sign-in began in another browser.", Fact("request", "cookie", held))
    visit.state.trips.delete(state)
    visit.set_cookie(COOKIE, "", 0)
    found = asked(visit, trip.asked)
    record = visit.state.providers.get(f"{visit.pool.id}/{trip.provider}")
    if record is None:
        raise page_refusal("invalid_request", "The identity provider is not there any more.")
    way = _Way(found, record, trip, await _endpoints(visit, found, record))
    success = 0
    try:
        if told.get("error"):
            words = told.get("error_description") or told["error"]
            raise way.failed(words, Fact(record.name, "error", told["error"]))
        claims = await _claims(visit, way, told.get("code", ""))
        user = await provisioning.provisioned(visit, found, record, claims)
        success = 1
    finally:
        visit.call.happened(
            "cognito.Federation",
            visit.pool.arn,
            pool=visit.pool.id,
            client=found.app.client.id,
            provider=record.name,
            success=success,
        )
    browsers.remember(visit, user)
    return await granting.grant(visit, found, user)


def _callback(visit: Visit) -> str:
    """Where providers send browsers back to, by the name that they know."""
    return f"https://{visit.name}/oauth2/idpresponse"


async def _endpoints(visit: Visit, found: Asked, record: IdentityProviderRecord) -> Settings:
    """Where a provider is asked for what: as it is configured, or as it tells itself."""
    details = record.details
    named = {
        "authorization_endpoint": details.get("authorize_url"),
        "token_endpoint": details.get("token_url"),
        "userinfo_endpoint": details.get("attributes_url"),
        "jwks_uri": details.get("jwks_uri"),
    }
    if all(named.values()):
        return named
    url = f"{details['oidc_issuer'].rstrip('/')}/.well-known/openid-configuration"
    try:
        answer = await fetching.fetch(visit, "GET", url)
        told = answer.told() if answer.status == 200 else {}
        fact = Fact(url, "status", answer.status)
    except fetching.Unanswered as error:
        told, fact = {}, Fact(url, "answer", str(error))
    endpoints = {**told, **{name: value for name, value in named.items() if value}}
    if not endpoints.get("authorization_endpoint") or not endpoints.get("token_endpoint"):
        words = "Could not find the endpoints of the identity provider"
        raise found.refusal("invalid_request", words, fact, description=words)
    return endpoints


async def _claims(visit: Visit, way: _Way, code: str) -> dict[str, Any]:
    """What the provider tells of the user: its id token, and its user info."""
    details, record = way.record.details, way.record
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": _callback(visit)}
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    secret = details.get("client_secret", "")
    if secret:
        basic = base64.b64encode(f"{details['client_id']}:{secret}".encode()).decode()
        headers.append(("Authorization", f"Basic {basic}"))
    else:
        fields["client_id"] = details["client_id"]
    answer = await _asked(visit, way, "POST", way.endpoints["token_endpoint"], headers, urlencode(fields).encode())
    if answer.status != 200:
        error = answer.told().get("error", "")
        raise way.failed(
            f"{record.name} Error - {answer.status} error getting token", Fact(record.name, "token endpoint", error)
        )
    made = answer.told()
    claims = await _verified(visit, way, str(made.get("id_token") or ""))
    url = way.endpoints.get("userinfo_endpoint")
    if url and made.get("access_token"):
        method = details["attributes_request_method"]
        info = await _asked(visit, way, method, url, [("Authorization", f"Bearer {made['access_token']}")])
        if info.status != 200:
            raise way.failed(f"{record.name} Error - {info.status} error getting user info")
        if info.told().get("sub") != claims["sub"]:  # OpenID Connect Core, 5.3.2
            raise way.failed("The user info is of somebody else than the id token")
        claims = {**claims, **info.told()}
    return claims


async def _verified(visit: Visit, way: _Way, token: str) -> dict[str, Any]:
    """The claims of the provider's id token: signed by it, for this pool, and of this very request."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    answer = await _asked(visit, way, "GET", way.endpoints.get("jwks_uri") or "")
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(cast(Any, answer.told())), algorithms=_ALGORITHMS)
    except (JoseError, ValueError, TypeError, KeyError):
        raise way.failed(
            "Bad id_token issuer or signature", Fact(way.record.name, "id_token", "not verified")
        ) from None
    claims = decoded.claims
    details, aud = way.record.details, claims.get("aud")
    audiences = cast("list[Any]", aud) if isinstance(aud, list) else [aud]
    expires: Any = claims.get("exp")
    for is_right, name in (
        (claims.get("iss") == details["oidc_issuer"].rstrip("/"), "iss"),
        (details["client_id"] in audiences, "aud"),
        (isinstance(expires, int) and expires > visit.call.now // 1000, "exp"),
        (claims.get("nonce") == way.trip.nonce, "nonce"),
        (bool(claims.get("sub")), "sub"),
    ):
        if not is_right:
            raise way.failed(f"Bad id_token {name}", Fact("id_token", name, claims.get(name)))
    return claims


async def _asked(
    visit: Visit, way: _Way, method: str, url: str, headers: list[tuple[str, str]] | None = None, body: bytes = b""
) -> fetching.Fetched:
    try:
        return await fetching.fetch(visit, method, url, headers or [], body)
    except fetching.Unanswered as error:
        raise way.failed(str(error), Fact(way.record.name, url, str(error))) from None
