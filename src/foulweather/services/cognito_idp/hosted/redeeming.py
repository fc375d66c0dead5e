"""/oauth2/token: codes, refresh tokens and clients' own secrets, for tokens.

https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, refreshing, tokens
from foulweather.services.cognito_idp.client_settings import scopes_of
from foulweather.services.cognito_idp.hosted.clients import authenticated
from foulweather.services.cognito_idp.hosted.granting import SOURCE
from foulweather.services.cognito_idp.hosted.refusals import OAuthRefusal
from foulweather.services.cognito_idp.hosted.visit import Visit
from foulweather.services.cognito_idp.hosted_records import AuthorizationCode
from foulweather.services.cognito_idp.naming import App
from foulweather.services.cognito_idp.records import part


async def redeem(visit: Visit) -> HttpResponse:
    """Answer a request for tokens."""
    visit.read_form()
    kind = visit.form.get("grant_type", "")
    if not kind:
        raise _missing("grant_type")
    if kind not in ("authorization_code", "refresh_token", "client_credentials"):
        raise OAuthRefusal("unsupported_grant_type", "There is no such grant.", Fact("request", "grant_type", kind))
    app = authenticated(visit)
    try:
        if kind == "authorization_code":
            made = await _of_code(visit, app)
        elif kind == "refresh_token":
            made = await _refreshed(visit, app)
        else:
            made = _of_client(visit, app)
    except AwsError as error:
        if isinstance(error, OAuthRefusal) or error.status >= 500:
            raise
        # What the pool itself refuses, such as a function that failed, and tokens that are good no more.
        refusal = OAuthRefusal("invalid_grant", error.message, description=error.message)
        raise refusal.because(error.why) from None
    names = {"id_token": "IdToken", "access_token": "AccessToken", "refresh_token": "RefreshToken"}
    told: dict[str, Any] = {name: made[member] for name, member in names.items() if member in made}
    return visit.json({**told, "expires_in": made["ExpiresIn"], "token_type": "Bearer"})


async def _of_code(visit: Visit, app: App) -> dict[str, Any]:
    form = visit.form
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            raise _missing(name)
    _check_flow(visit, app, "code")
    code = visit.state.codes.get(tokens.digest(form["code"]))
    if code is None or code.client != app.client.id:
        raise _bad_code("There is no such code, or it is another client's.", Fact("code", "exists", code is not None))
    if code.is_used or visit.call.now >= code.expires_ms:
        raise _bad_code("The code has been used, or has expired.", Fact("code", "expires_ms", code.expires_ms))
    if form["redirect_uri"] != code.redirect_uri:
        raise _bad_code("The redirect URI is not that of the code.", Fact("code", "redirect_uri", code.redirect_uri))
    _check_verifier(code, form.get("code_verifier"))
    code.is_used = True
    visit.state.codes.touch(code.key)
    user = visit.state.users.get(f"{visit.pool.id}/{code.user}")
    if user is None or not user.is_enabled:
        raise _bad_code("The user is not there any more, or is disabled.", Fact(visit.pool.arn, "user", code.user))
    sign_in = tokens.SignIn(user, code.scopes, SOURCE, nonce=code.nonce, is_hosted=True)
    return await tokens.issue(visit.call, app, sign_in)


def _check_verifier(code: AuthorizationCode, verifier: str | None) -> None:
    """RFC 7636, 4.6; RFC 9700, 2.1.1: a verifier for a code that was asked for without a challenge is refused too."""
    if not code.challenge and verifier is None:
        return
    digest = hashlib.sha256((verifier or "").encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not code.challenge or not hmac.compare_digest(made, code.challenge.encode()):
        raise _bad_code("The verifier is not that of the code's challenge.", Fact("code", "challenge", code.challenge))


async def _refreshed(visit: Visit, app: App) -> dict[str, Any]:
    token = visit.form.get("refresh_token")
    if not token:
        raise _missing("refresh_token")
    return await refreshing.refreshed(visit.call, app, token, None, may_rotate=True)


def _of_client(visit: Visit, app: App) -> dict[str, Any]:
    """A token that speaks for the client itself.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
    """
    _, pool, client = app
    _check_flow(visit, app, "client_credentials")
    trigger = part(pool.settings["LambdaConfig"], "PreTokenGenerationConfig")
    if trigger.get("LambdaVersion") == "V3_0":
        raise not_implemented(limits.SERVICE, "Token_POST.TokenGeneration_ClientCredentials")
    custom = scopes_of(app.state, pool)
    allowed = [scope for scope in client.settings.get("AllowedOAuthScopes") or () if scope in custom]
    scopes = list(dict.fromkeys(visit.form.get("scope", "").split())) or allowed
    if not scopes or not set(scopes) <= set(allowed):
        raise OAuthRefusal(
            "invalid_grant" if not allowed else "invalid_scope",
            "The client may not have these scopes.",
            Fact("request", "scope", scopes),
            Fact(client.id, "custom scopes", allowed),
        )
    now_s, valid_ms = visit.call.now // 1000, tokens.validity_ms(client, "Access")
    claims = {
        "sub": client.id,
        "token_use": "access",
        "scope": " ".join(scopes),
        "auth_time": now_s,
        "iss": pool.issuer,
        "exp": now_s + valid_ms // 1000,
        "iat": now_s,
        "version": 2,
        "jti": visit.call.world.ids.uuid(),
        "client_id": client.id,
    }
    visit.call.happened("cognito.ClientCredentialsGranted", pool.arn, client=client.id, scopes=scopes)
    return {"AccessToken": tokens.encoded(pool.access_key, claims), "ExpiresIn": valid_ms // 1000}


def _check_flow(visit: Visit, app: App, flow: str) -> None:
    settings = app.client.settings
    allowed: list[str] = settings.get("AllowedOAuthFlows") or []
    if settings["AllowedOAuthFlowsUserPoolClient"] and flow in allowed:
        return
    raise OAuthRefusal(
        "unauthorized_client",
        f"The client may not use {flow}.",
        visit.call.fact(f"{visit.pool.arn}/client/{app.client.id}", "AllowedOAuthFlows", allowed),
        Fact(app.client.id, "AllowedOAuthFlowsUserPoolClient", settings["AllowedOAuthFlowsUserPoolClient"]),
    )


def _missing(name: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_request", f"{name} is missing.", Fact("request", name, None))


def _bad_code(cause: str, *facts: Fact) -> OAuthRefusal:
    return OAuthRefusal("invalid_grant", cause, *facts)
