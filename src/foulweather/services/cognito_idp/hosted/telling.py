"""/oauth2/userInfo and /oauth2/revoke.

https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html and
https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
"""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, tokens
from foulweather.services.cognito_idp.attributes import readable
from foulweather.services.cognito_idp.claims import is_in_scope
from foulweather.services.cognito_idp.hosted.clients import authenticated
from foulweather.services.cognito_idp.hosted.refusals import OAuthRefusal
from foulweather.services.cognito_idp.hosted.visit import Visit

_DEAD = "Access token is expired, disabled, or deleted, or the user has globally signed out."


async def user_info(visit: Visit) -> HttpResponse:
    """What an access token's scopes let it tell of its user."""
    kind, _, token = visit.request.header("authorization").partition(" ")
    if kind.lower() != "bearer" or not token:
        words = "Bad OAuth2 request at UserInfo Endpoint"
        raise _challenge("invalid_request", words, OAuthRefusal("invalid_request", "There is no bearer token."))
    try:
        app, user, claims = tokens.read_access(visit.call, token.strip(), "openid")
    except AwsError as error:
        raise _challenge("invalid_token", _DEAD, error, 401) from None
    if app.pool.id != visit.pool.id:
        error = OAuthRefusal("invalid_token", "The token is another pool's.", Fact("token", "iss", claims["iss"]))
        raise _challenge("invalid_token", _DEAD, error, 401)
    scopes = str(claims["scope"]).split()
    held = {name: value for name, value in readable(app.client, user).items() if is_in_scope(name, scopes)}
    return visit.json({**held, "username": user.name})


async def revoke(visit: Visit) -> HttpResponse:
    """Revoke a refresh token and the access tokens that came of it."""
    visit.read_form()
    app = authenticated(visit, 401)
    token = visit.form.get("token", "")
    if not token:
        raise OAuthRefusal("invalid_request", "There is no token.", Fact("request", "token", None))
    if not app.client.settings["EnableTokenRevocation"]:
        fact = visit.call.fact(f"{visit.pool.arn}/client/{app.client.id}", "EnableTokenRevocation", False)
        raise OAuthRefusal("invalid_request", "The client's tokens cannot be revoked.", fact)
    if (tokens.payload_of(token) or {}).get("token_use"):
        raise OAuthRefusal("unsupported_token_type", "It is no refresh token.", Fact("token", "kind", "JWT"))
    refresh = visit.state.refreshes.get(tokens.digest(token))
    if refresh is not None and refresh.client == app.client.id:
        visit.state.forget_revoked(visit.call.now)
        visit.state.forget_origin(refresh, visit.call.now + limits.TOKEN_MS_MAX)
        visit.call.happened("cognito.TokenRevoked", visit.pool.arn, client=app.client.id, user=refresh.user)
    return visit.empty()


def _challenge(code: str, words: str, error: AwsError, status: int = 400) -> OAuthRefusal:
    refusal = OAuthRefusal(code, words, description=words, status=status)
    refusal.headers = (("WWW-Authenticate", f'error="{code}", error_description="{words}"'),)
    refusal.because(error.why)
    return refusal
