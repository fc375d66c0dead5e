"""New tokens for a refresh token.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import refusals, tokens
from foulweather.services.cognito_idp.naming import App
from foulweather.services.cognito_idp.records import Refresh, User


def held(call: Call, app: App, token: str) -> tuple[Refresh, User]:
    """What a refresh token stands for, if it is still good."""
    state, pool, client = app
    refresh = state.refreshes.get(tokens.digest(token))
    if refresh is None:
        raise refusals.not_authorized("Invalid Refresh Token", Fact(pool.arn, "refresh token", "revoked or unknown"))
    if refresh.client != client.id:
        raise refusals.not_authorized("Invalid Refresh Token", Fact("refresh token", "client", refresh.client))
    if call.now >= refresh.expires_ms:
        raise refusals.not_authorized(
            "Refresh Token has expired", Fact("refresh token", "expired at ms", refresh.expires_ms)
        )
    user = state.users.get(f"{pool.id}/{refresh.user}")
    if user is None:
        raise refusals.no_user(pool, refresh.user)
    if not user.is_enabled:
        raise refusals.disabled(call, pool, user)
    return refresh, user


def _check_device(app: App, refresh: Refresh, user: User, device: str) -> None:
    """Refuse a token of a device that is not the one that asks, is not confirmed, or is forgotten.

    "If a refresh token is used on any other device, the call fails. [...] the ForgetDevice API can be used to forget
    that specific device, and as a result, all future calls to revalidate that device's refresh tokens will fail":
    https://aws.amazon.com/blogs/mobile/tracking-and-remembering-devices-using-amazon-cognito-your-user-pools/
    """
    state, pool, _ = app
    if not refresh.device or not pool.tracks_devices:
        return
    held = state.devices.get(f"{user.key}/{refresh.device}")
    if device == refresh.device and held is not None and held.is_confirmed:
        return
    standing = "forgotten" if held is None else "confirmed" if held.is_confirmed else "not confirmed"
    raise refusals.not_authorized(
        "Invalid Refresh Token.",
        Fact("refresh token", "device", refresh.device),
        Fact("request", "DEVICE_KEY", device or None),
        Fact(refusals.whose(pool, user), f"device {refresh.device}", standing),
    )


async def refreshed(
    call: Call, app: App, token: str, metadata: Mapping[str, str] | None, *, may_rotate: bool, device: str = ""
) -> dict[str, Any]:
    """The AuthenticationResult of a refresh; with rotation there is a new refresh token in it."""
    state, pool, client = app
    try:
        refresh, user = held(call, app, token)
        _check_device(app, refresh, user, device)
    except AwsError:
        call.happened("cognito.TokenRefresh", pool.arn, pool=pool.id, client=client.id, user="", success=0)
        raise
    rotates = may_rotate and client.rotates
    grace_ms = 1000 * client.settings.get("RefreshTokenRotation", {}).get("RetryGracePeriodSeconds", 0)
    rotation = client.settings.get("RefreshTokenRotation")
    if refresh.successor and call.now >= refresh.retired_ms + grace_ms:
        raise AwsError(
            "RefreshTokenReuseException",
            "Refresh token has been used already",
            facts=(
                Fact("refresh token", "used at ms", refresh.retired_ms),
                call.fact(f"{pool.arn}/client/{client.id}", "RefreshTokenRotation", rotation),
            ),
        )
    sign_in = tokens.SignIn(user, refresh.scopes, "TokenGeneration_RefreshTokens", metadata, refresh)
    sign_in = sign_in._replace(is_hosted=refresh.is_hosted)
    result = await tokens.issue(call, app, sign_in)
    if state.refreshes.get(refresh.key) is not refresh:
        raise refusals.not_authorized("Refresh Token has been revoked", Fact("refresh token", "revoked", True))
    if rotates:
        renewed = tokens.new_refresh_token(call)
        key = tokens.digest(renewed)
        # "The new refresh token is valid for the remaining duration of the original refresh token."
        successor = Refresh(
            key,
            pool.id,
            client.id,
            user.name,
            refresh.origin,
            refresh.scopes,
            refresh.signed_in_ms,
            refresh.expires_ms,
            is_hosted=refresh.is_hosted,
            device=refresh.device,
        )
        state.add_refresh(successor, call.now)
        if not refresh.successor:
            refresh.successor, refresh.retired_ms = key, call.now
            state.refreshes.touch(refresh.key)
        result["RefreshToken"] = renewed
    call.happened("cognito.TokenRefresh", pool.arn, pool=pool.id, client=client.id, user=user.name, success=1)
    return result
