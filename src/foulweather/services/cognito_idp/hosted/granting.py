"""What an app gets when somebody has signed in: a code to redeem, or tokens at once."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.services.cognito_idp import tokens
from foulweather.services.cognito_idp.hosted.asking import Asked
from foulweather.services.cognito_idp.hosted.visit import Visit
from foulweather.services.cognito_idp.hosted_records import AuthorizationCode
from foulweather.services.cognito_idp.limits import MINUTE_MS
from foulweather.services.cognito_idp.records import User

SOURCE: Final = "TokenGeneration_HostedAuth"
CODE_MS: Final = 5 * MINUTE_MS
"""https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html: "valid for five minutes"."""


async def grant(visit: Visit, asked: Asked, user: User) -> HttpResponse:
    """Send the browser back to its app with what the app has asked for."""
    if asked.response_type == "token":
        return await _tokens(visit, asked, user)
    code = visit.call.world.ids.uuid()
    key = tokens.digest(code)
    visit.state.forget_old_visits(visit.call.now)
    kept = AuthorizationCode(
        key,
        visit.pool.id,
        asked.app.client.id,
        user.name,
        asked.redirect_uri,
        asked.scopes,
        visit.call.now + CODE_MS,
        asked.nonce,
        asked.challenge,
    )
    visit.state.codes.put(key, kept)
    visit.call.happened("cognito.CodeGranted", visit.pool.arn, client=asked.app.client.id, user=user.name)
    told = {"code": code, **({"state": asked.state} if asked.state else {})}
    return visit.redirect(with_query(asked.redirect_uri, told))


async def _tokens(visit: Visit, asked: Asked, user: User) -> HttpResponse:
    """The implicit grant: in the fragment, and without a refresh token."""
    sign_in = tokens.SignIn(user, asked.scopes, SOURCE, nonce=asked.nonce, is_hosted=True, is_renewable=False)
    try:
        made = await tokens.issue(visit.call, asked.app, sign_in)
    except AwsError as error:
        raise asked.refusal("invalid_request", error.message, description=error.message).because(error.why) from None
    told: dict[str, str] = {}
    if "IdToken" in made:
        told["id_token"] = made["IdToken"]
    told |= {"access_token": made["AccessToken"], "expires_in": str(made["ExpiresIn"]), "token_type": "Bearer"}
    if asked.state:
        told["state"] = asked.state
    return visit.redirect(f"{asked.redirect_uri}#{urlencode(told)}")


def with_query(uri: str, told: dict[str, str]) -> str:
    """A URI with more in its query."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(told)}"
