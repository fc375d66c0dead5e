"""Tokens: made of a sign-in, signed with the pool's keys, and read again.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
"""

from __future__ import annotations

import base64
import hashlib
import json
from binascii import Error
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import claims, keys, refusals
from foulweather.services.cognito_idp.limits import DAY_MS, HOUR_MS, MINUTE_MS, REFRESH_DAYS, SECOND_MS
from foulweather.services.cognito_idp.naming import App, enter
from foulweather.services.cognito_idp.records import Client, Refresh, SigningKey, User, part
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.world.ids import ALPHANUMERIC

SELF_SERVICE = "aws.cognito.signin.user.admin"
UNIT_MS: Mapping[str, int] = {"seconds": SECOND_MS, "minutes": MINUTE_MS, "hours": HOUR_MS, "days": DAY_MS}
_REFRESH_HEAD = base64.urlsafe_b64encode(b'{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}').rstrip(b"=").decode()
_PARTS = (342, 16, 1008, 22)


class SignIn(NamedTuple):
    """A sign-in that tokens are made of; a refresh goes on with an earlier one.

    `source` is what PreTokenGeneration is told; `nonce` is of an OpenID request; `is_hosted` has scopes say what the id
    token tells, and whether there is one; the implicit grant's is not `is_renewable`: there is no refresh token.
    `device` is the key of the device that all of its tokens are for, where the pool tracks devices.
    """

    user: User
    scopes: Sequence[str] = (SELF_SERVICE,)
    source: str = "TokenGeneration_Authentication"
    metadata: Mapping[str, str] | None = None
    refreshed: Refresh | None = None
    nonce: str = ""
    is_hosted: bool = False
    is_renewable: bool = True
    device: str = ""


class Reader(NamedTuple):
    """Who an access token speaks for."""

    app: App
    user: User
    claims: dict[str, Any]


def validity_ms(client: Client, kind: str) -> int:
    """How long a client's tokens of a kind (Access, Id, Refresh) are good."""
    given = client.settings.get(f"{kind}TokenValidity")
    is_refresh = kind == "Refresh"
    if not given:
        return REFRESH_DAYS * DAY_MS if is_refresh else HOUR_MS
    unit = part(client.settings, "TokenValidityUnits").get(f"{kind}Token", "days" if is_refresh else "hours")
    return given * UNIT_MS[unit]


async def issue(call: Call, app: App, sign_in: SignIn) -> dict[str, Any]:
    """The tokens of a sign-in, as an AuthenticationResult: of a refresh, without another refresh token."""
    state, pool, client = app
    ids, user, refreshed = call.world.ids, sign_in.user, sign_in.refreshed
    wants_id = not sign_in.is_hosted or "openid" in sign_in.scopes
    made = await claims.made(call, app, sign_in, wants_id=wants_id)
    now_ms = call.now
    origin = ids.uuid() if refreshed is None else refreshed.origin
    stamp: dict[str, Any] = {
        "iss": pool.issuer,
        "event_id": ids.uuid(),
        "auth_time": (now_ms if refreshed is None else refreshed.signed_in_ms) // 1000,
        "iat": now_ms // 1000,
    }
    if client.settings["EnableTokenRevocation"]:
        stamp["origin_jti"] = origin
    access_ms, id_ms = validity_ms(client, "Access"), validity_ms(client, "Id")
    access = {**stamp, **made.access, "exp": (now_ms + access_ms) // 1000, "jti": ids.uuid()}
    device = sign_in.device if refreshed is None else refreshed.device
    if device:
        access["device_key"] = device
    result: dict[str, Any] = {"AccessToken": encoded(pool.access_key, access)}
    if wants_id:
        identity = {**stamp, **made.identity, "exp": (now_ms + id_ms) // 1000}
        if "origin_jti" in stamp:
            identity["jti"] = ids.uuid()
        result["IdToken"] = encoded(pool.id_key, identity)
    if refreshed is None and sign_in.is_renewable:
        token = new_refresh_token(call)
        expires_ms = now_ms + validity_ms(client, "Refresh")
        kept = Refresh(digest(token), pool.id, client.id, user.name, origin, list(sign_in.scopes), now_ms, expires_ms)
        kept.is_hosted, kept.device = sign_in.is_hosted, device
        state.add_refresh(kept, now_ms)
        result["RefreshToken"] = token
    return {**result, "ExpiresIn": access_ms // 1000, "TokenType": "Bearer"}


def new_refresh_token(call: Call) -> str:
    """A refresh token: nobody can read it, and it looks like one that is encrypted."""
    return ".".join((_REFRESH_HEAD, *(call.world.ids.drawn(ALPHANUMERIC + "-_", size) for size in _PARTS)))


def digest(token: str) -> str:
    """What is kept of a refresh token."""
    return hashlib.sha256(token.encode()).hexdigest()


def encoded(key: SigningKey, payload: Mapping[str, Any]) -> str:
    """A JSON Web Token, signed with RS256."""
    head = json.dumps({"kid": key.kid, "alg": "RS256"}, separators=(",", ":")).encode()
    body = json.dumps(payload, separators=(",", ":")).encode()
    signed = f"{keys.base64url(head)}.{keys.base64url(body)}"
    return f"{signed}.{keys.base64url(keys.signature(key, signed.encode()))}"


def payload_of(token: str) -> dict[str, Any] | None:
    """What a token says, whether it is true or not; None where it says nothing."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        found = json.loads(_decoded(parts[1]))
    except (ValueError, Error):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def is_signed(key: SigningKey, token: str) -> bool:
    """Whether a token was signed with a key."""
    signed, _, signature = token.rpartition(".")
    try:
        keys.loaded(key).public_key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, Error, ValueError):
        return False
    return True


def read_access(call: Call, token: str, scope: str = SELF_SERVICE) -> Reader:
    """Who an access token speaks for; from here on the call is in the pool's account and region."""
    found = payload_of(token)
    if found is None or found.get("token_use") != "access":
        raise refusals.not_authorized(
            "Invalid Access Token", Fact("token", "token_use", (found or {}).get("token_use"))
        )
    app = _app_of(call, found)
    if app is None:
        raise refusals.not_authorized("Invalid Access Token", Fact("token", "iss", found.get("iss")))
    state, pool, client = app
    if not is_signed(pool.access_key, token):
        raise refusals.not_authorized("Could not verify signature for Access Token", Fact(pool.arn, "signed", False))
    if call.now >= found["exp"] * 1000:
        raise refusals.not_authorized("Access Token has expired", Fact("token", "exp", found["exp"]))
    user = state.user(pool, found["username"])
    if user is None:
        raise refusals.no_user(pool, found["username"])
    check_standing(call, app, user, found)
    if scope not in str(found.get("scope", "")).split():
        raise refusals.not_authorized(
            "Access Token does not have required scopes", Fact("token", "scope", found.get("scope"))
        )
    if not user.is_enabled:
        raise refusals.disabled(call, pool, user)
    return Reader(App(state, pool, client), user, found)


def check_standing(call: Call, app: App, user: User, found: Mapping[str, Any]) -> None:
    """Refuse a token that was revoked, or whose user has signed out everywhere since."""
    state, pool, _ = app
    origin: str | None = found.get("origin_jti")
    # Tokens of a client without revocation have no origin: of them the time of the sign-in tells.
    is_old = origin is None and bool(user.signed_out_ms) and found["auth_time"] * 1000 <= user.signed_out_ms
    if is_old or (origin is not None and origin in state.revoked):
        raise refusals.not_authorized(
            "Access Token has been revoked",
            Fact("token", "origin_jti", origin),
            call.fact(refusals.whose(pool, user), "signed out at ms", user.signed_out_ms or None),
        )


def _app_of(call: Call, found: Mapping[str, Any]) -> App | None:
    pool_id = str(found.get("iss", "")).rpartition("/")[2]
    for state in call.world.store.states(CognitoState):
        pool = state.pools.get(pool_id)
        client = state.clients.get(str(found.get("client_id")))
        if pool is not None and client is not None and client.pool == pool.id:
            enter(call, pool)
            return App(state, pool, client)
    return None


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
