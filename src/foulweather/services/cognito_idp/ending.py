"""Ending sessions: one refresh token's, or all of a user's.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html
"""

from __future__ import annotations

import hmac
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, naming, refusals, tokens
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.records import Pool, User
from foulweather.services.cognito_idp.state import CognitoState


def global_sign_out(call: Call, request: Request) -> dict[str, Any]:
    """Sign out everywhere."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    _sign_out(call, app.state, app.pool, user)
    return {}


def admin_user_global_sign_out(call: Call, request: Request) -> dict[str, Any]:
    """Sign a user out everywhere."""
    state, pool, user = naming.user_of(call, request)
    _sign_out(call, state, pool, user)
    return {}


def revoke_token(call: Call, request: Request) -> dict[str, Any]:
    """Revoke a refresh token, and the access tokens that came of it."""
    state, pool, client = naming.app_of(call, request)
    if client.secrets:
        given: str = request.get("ClientSecret") or ""
        if not any(hmac.compare_digest(secret.value.encode(), given.encode()) for secret in client.secrets):
            raise AwsError(
                "UnauthorizedException", "Invalid client secret", facts=(Fact(client.id, "ClientSecret", "differs"),)
            )
    if not client.settings["EnableTokenRevocation"]:
        raise AwsError(
            "UnsupportedOperationException",
            "Revoke token is not enabled for this client",
            facts=(call.fact(f"{pool.arn}/client/{client.id}", "EnableTokenRevocation", False),),
        )
    token: str = request["Token"]
    if (tokens.payload_of(token) or {}).get("token_use"):
        raise AwsError("UnsupportedTokenTypeException", "Unsupported token type", facts=(Fact("token", "kind", "JWT"),))
    refresh = state.refreshes.get(tokens.digest(token))
    if refresh is None:
        # "Amazon Cognito ... returns a success response" for tokens that are revoked already (RFC 7009, 2.2).
        return {}
    if refresh.client != client.id:
        raise AwsError(
            "UnauthorizedException", "Invalid token", facts=(Fact("refresh token", "client", refresh.client),)
        )
    state.forget_revoked(call.now)
    state.forget_origin(refresh, call.now + limits.TOKEN_MS_MAX)
    call.happened("cognito.TokenRevoked", pool.arn, client=client.id, user=refresh.user)
    return {}


def _sign_out(call: Call, state: CognitoState, pool: Pool, user: User) -> None:
    state.forget_revoked(call.now)
    for key in list(state.refreshes_of.get(user.key, set())):
        refresh = state.refreshes.get(key)
        if refresh is not None:
            state.forget_origin(refresh, call.now + limits.TOKEN_MS_MAX)
    user.signed_out_ms = call.now
    state.users.touch(user.key)
    call.changed("cognito.SignedOut", refusals.whose(pool, user), **{"signed out at ms": call.now})
