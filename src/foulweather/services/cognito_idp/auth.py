"""Signing in: flows begin, challenges are answered, tokens are refreshed.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import (
    custom_auth,
    first_factors,
    limits,
    naming,
    refreshing,
    refusals,
    second_factors,
    sessions,
)
from foulweather.services.cognito_idp.attempts import Answer, Attempt
from foulweather.services.cognito_idp.naming import App, Request

Step = Callable[[Attempt], Awaitable[Answer]]

_FLOWS: Final[Mapping[str, tuple[tuple[str, ...], str, Step]]] = {
    "USER_SRP_AUTH": (
        ("ALLOW_USER_SRP_AUTH",),
        "USER_SRP_AUTH is not enabled for the client.",
        first_factors.prove_password,
    ),
    "USER_PASSWORD_AUTH": (
        ("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"),
        "USER_PASSWORD_AUTH flow not enabled for this client",
        first_factors.password,
    ),
    "ADMIN_USER_PASSWORD_AUTH": (
        ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"),
        "Auth flow not enabled for this client",
        first_factors.password,
    ),
    "CUSTOM_AUTH": (
        ("ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"),
        "CUSTOM_AUTH is not enabled for the client.",
        custom_auth.begin,
    ),
    "USER_AUTH": (("ALLOW_USER_AUTH",), "USER_AUTH is not enabled for the client.", first_factors.choose),
}
_REFRESHES: Final = ("REFRESH_TOKEN", "REFRESH_TOKEN_AUTH")
_ADMIN_ONLY: Final = ("ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH")
_CHALLENGES: Final[Mapping[str, Step]] = {
    "PASSWORD_VERIFIER": first_factors.proved_password,
    "NEW_PASSWORD_REQUIRED": second_factors.new_password,
    "SMS_MFA": second_factors.code_sent,
    "SOFTWARE_TOKEN_MFA": second_factors.software_token,
    "SELECT_MFA_TYPE": second_factors.select,
    "MFA_SETUP": second_factors.set_up,
    "CUSTOM_CHALLENGE": custom_auth.answered,
    "SMS_OTP": first_factors.otp_sent,
    "DEVICE_SRP_AUTH": second_factors.prove_device,
    "DEVICE_PASSWORD_VERIFIER": second_factors.proved_device,
}


async def initiate_auth(call: Call, request: Request) -> Answer:
    """Begin to sign in, as a user."""
    app = naming.app_of(call, request)
    if request["AuthFlow"] in _ADMIN_ONLY:
        raise refusals.invalid("Initiate Auth method not supported", Fact("request", "AuthFlow", request["AuthFlow"]))
    return await _begin(call, app, request, is_admin=False)


async def admin_initiate_auth(call: Call, request: Request) -> Answer:
    """Begin to sign a user in, as an administrator's server."""
    app = _admin_app(call, request)
    return await _begin(call, app, request, is_admin=True)


async def respond_to_auth_challenge(call: Call, request: Request) -> Answer:
    """Answer a challenge, as a user."""
    return await _respond(call, naming.app_of(call, request), request, is_admin=False)


async def admin_respond_to_auth_challenge(call: Call, request: Request) -> Answer:
    """Answer a challenge, as an administrator's server."""
    return await _respond(call, _admin_app(call, request), request, is_admin=True)


async def get_tokens_from_refresh_token(call: Call, request: Request) -> dict[str, Any]:
    """New tokens for a refresh token, and where the client rotates them another one of those."""
    app = naming.app_of(call, request)
    if app.client.secrets:
        given = request.get("ClientSecret") or ""
        if not any(hmac.compare_digest(secret.value.encode(), given.encode()) for secret in app.client.secrets):
            raise refusals.not_authorized("Invalid Client Secret", Fact(app.client.id, "ClientSecret", "differs"))
    token, metadata = request["RefreshToken"], request.get("ClientMetadata")
    device: str = request.get("DeviceKey") or ""
    result = await refreshing.refreshed(call, app, token, metadata, may_rotate=True, device=device)
    return {"AuthenticationResult": result}


def _admin_app(call: Call, request: Request) -> App:
    place = naming.pool_of(call, request)
    client = naming.client_of(call, place, request["ClientId"])
    if request.get("AnalyticsMetadata"):
        raise not_implemented(limits.SERVICE, f"{call.operation}.AnalyticsMetadata")
    return App(place.state, place.pool, client)


async def _begin(call: Call, app: App, request: Request, *, is_admin: bool) -> Answer:
    name: str = request["AuthFlow"]
    given: Mapping[str, str] = request.get("AuthParameters") or {}
    metadata: Mapping[str, str] | None = request.get("ClientMetadata")
    if request.get("Session"):
        raise not_implemented(limits.SERVICE, f"{call.operation}.Session")
    if name in _REFRESHES:
        return await _refresh(call, app, given, metadata)
    flow = _FLOWS["ADMIN_USER_PASSWORD_AUTH" if name == "ADMIN_NO_SRP_AUTH" else name]
    allowed, words, step = flow
    if not app.client.allows(*allowed):
        raise refusals.flow_disabled(call, app.pool, app.client, words, name)
    if not given.get("USERNAME"):
        raise refusals.missing("USERNAME")
    naming.check_secret_hash(app.client, given["USERNAME"], given.get("SECRET_HASH"), is_sign_in=True)
    attempt = Attempt(call, app, given, metadata, is_admin=is_admin)
    answer = await step(attempt)
    if name == "USER_SRP_AUTH" and answer.get("ChallengeName") == "PASSWORD_VERIFIER":
        # The secret block is all that the client needs to send back.
        return {member: value for member, value in answer.items() if member != "Session"}
    return answer


async def _refresh(call: Call, app: App, given: Mapping[str, str], metadata: Mapping[str, str] | None) -> Answer:
    pool, client = app.pool, app.client
    legacy = not any(flow.startswith("ALLOW_") for flow in client.settings.get("ExplicitAuthFlows") or ["ALLOW_"])
    if not legacy and not client.allows("ALLOW_REFRESH_TOKEN_AUTH"):
        words = "Refresh token auth flow not enabled for this client"
        raise refusals.flow_disabled(call, pool, client, words, "REFRESH_TOKEN_AUTH")
    token = given.get("REFRESH_TOKEN")
    if not token:
        raise refusals.missing("REFRESH_TOKEN")
    if client.secrets:
        _, user = refreshing.held(call, app, token)
        proof = given.get("SECRET_HASH") or ""
        known = [
            naming.secret_hash(client.id, secret.value, name)
            for secret in client.secrets
            for name in (user.name, user.sub, given.get("USERNAME", user.name), *app.state.aliases(pool, user))
        ]
        # Clients have been seen to send the bare secret here; AWS takes it too.
        if not any(hmac.compare_digest(each.encode(), proof.encode()) for each in known):
            raise refusals.not_authorized(
                f"SecretHash does not match for the client: {client.id}",
                Fact("request", "SECRET_HASH", "is not that of the token's user"),
            )
    device = given.get("DEVICE_KEY", "")
    result = await refreshing.refreshed(call, app, token, metadata, may_rotate=False, device=device)
    return {"ChallengeParameters": {}, "AuthenticationResult": result}


async def _respond(call: Call, app: App, request: Request, *, is_admin: bool) -> Answer:
    name: str = request["ChallengeName"]
    given: Mapping[str, str] = request.get("ChallengeResponses") or {}
    if name == "WEB_AUTHN" or given.get("CREDENTIAL"):
        raise not_implemented(limits.SERVICE, f"{call.operation}.ChallengeName={name}")
    if not given.get("USERNAME"):
        raise refusals.missing("USERNAME")
    session_id = request.get("Session")
    if name in ("PASSWORD_VERIFIER", "DEVICE_PASSWORD_VERIFIER") and not session_id:
        session_id = first_factors.session_of_block(given.get("PASSWORD_CLAIM_SECRET_BLOCK"))
    session = sessions.resume(call, app, session_id, name)
    attempt = Attempt(call, app, given, request.get("ClientMetadata"), is_admin=is_admin, session=session)
    naming.check_secret_hash(app.client, given["USERNAME"], given.get("SECRET_HASH"), is_sign_in=True)
    if session.user:
        attempt.user = app.state.users.get(f"{app.pool.id}/{session.user}")
        _check_same(attempt)
    return await _step(attempt, name)(attempt)


def _step(attempt: Attempt, name: str) -> Step:
    if name == "EMAIL_OTP":
        return first_factors.otp_sent if attempt.facts.get("is_first") else second_factors.code_sent
    if name == "PASSWORD_VERIFIER" and attempt.facts.get("is_custom"):
        return custom_auth.proved_password
    if name in ("SELECT_CHALLENGE", "PASSWORD", "PASSWORD_SRP"):

        async def choice(attempt: Attempt) -> Answer:
            wanted = attempt.required("ANSWER") if name == "SELECT_CHALLENGE" else name
            return await first_factors.chosen(attempt, wanted)

        return choice
    found = _CHALLENGES.get(name)
    if found is None:
        raise refusals.invalid("Challenge not supported.", Fact("request", "ChallengeName", name))
    return found


def _check_same(attempt: Attempt) -> None:
    """Refuse a session of somebody else."""
    user, app = attempt.user, attempt.app
    if user is None:
        raise refusals.no_user(app.pool, attempt.name)
    if app.state.user(app.pool, attempt.name) is not user:
        raise refusals.not_authorized("Invalid session for the user.", Fact("request", "USERNAME", attempt.name))
    if not user.is_enabled:
        raise refusals.disabled(attempt.call, app.pool, user)
