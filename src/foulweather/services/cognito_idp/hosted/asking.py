"""What an app asks of a sign-in: for which client, where to come back to, with which scopes.

https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp.hosted.refusals import CallbackRefusal, PageRefusal
from foulweather.services.cognito_idp.hosted.visit import Visit
from foulweather.services.cognito_idp.naming import App
from foulweather.services.cognito_idp.records import Client

NATIVE: Final = "COGNITO"
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_KEPT: Final = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
)


class Asked(NamedTuple):
    """An authorization request that is in order; `params` are what a page hands on of it."""

    app: App
    redirect_uri: str
    response_type: str
    scopes: list[str]
    state: str
    nonce: str
    challenge: str
    params: dict[str, str]

    def refusal(self, code: str, cause: str, *facts: Fact, description: str = "") -> CallbackRefusal:
        """An error for the app's callback."""
        is_token = self.response_type == "token"
        return CallbackRefusal(
            self.redirect_uri, self.state, code, cause, *facts, description=description, in_fragment=is_token
        )


def client_of(visit: Visit, params: Mapping[str, str]) -> App:
    """The client that a browser comes from, which must be one for OAuth."""
    client_id = params.get("client_id", "")
    client = visit.state.clients.get(client_id)
    if client is None or client.pool != visit.pool.id:
        raise page_refusal(
            "invalid_client", "There is no such client.", Fact(visit.pool.arn, "client", client_id or None)
        )
    if not client.settings["AllowedOAuthFlowsUserPoolClient"]:
        raise page_refusal(
            "unauthorized_client",
            "Client is not enabled for OAuth2.0 flows.",
            _fact(visit, client, "AllowedOAuthFlowsUserPoolClient"),
        )
    return App(visit.state, visit.pool, client)


def asked(visit: Visit, params: Mapping[str, str]) -> Asked:
    """The authorization request in a browser's parameters, or its refusal, in AWS's order."""
    app = client_of(visit, params)
    client, settings = app.client, app.client.settings
    uri = params.get("redirect_uri") or settings.get("DefaultRedirectURI") or ""
    if uri not in (settings.get("CallbackURLs") or ()):
        raise page_refusal(
            "redirect_mismatch",
            "The redirect URI is not one of the client's callback URLs.",
            Fact("request", "redirect_uri", uri or None),
            _fact(visit, client, "CallbackURLs"),
        )
    kind, state = params.get("response_type", ""), params.get("state", "")
    kept = {name: params[name] for name in _KEPT if params.get(name)}
    found = Asked(app, uri, kind, [], state, params.get("nonce", ""), params.get("code_challenge", ""), kept)
    if kind not in ("code", "token"):
        raise found.refusal(
            "invalid_request", "response_type is not code or token.", Fact("request", "response_type", kind)
        )
    _check_challenge(found, params)
    flow = "code" if kind == "code" else "implicit"
    if flow not in (settings.get("AllowedOAuthFlows") or ()):
        raise found.refusal(
            "unauthorized_client", f"The client may not use the {flow} flow.", _fact(visit, client, "AllowedOAuthFlows")
        )
    return found._replace(scopes=_scopes(visit, found, params.get("scope", "")))


def providers_of(client: Client) -> list[str]:
    """The providers that a client's users may sign in with, the pool itself among them."""
    return list(client.settings.get("SupportedIdentityProviders") or ())


def page_refusal(code: str, cause: str, *facts: Fact, status: int = 400) -> AwsError:
    """An error that only a person can be told."""
    return PageRefusal(code, cause, status, facts=facts)


def _check_challenge(found: Asked, params: Mapping[str, str]) -> None:
    """RFC 7636; "Amazon Cognito authentication server supports only S256"."""
    challenge, method = params.get("code_challenge"), params.get("code_challenge_method")
    if challenge is None and method is None:
        return
    if not challenge or method != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise found.refusal(
            "invalid_request",
            "code_challenge and code_challenge_method=S256 go together.",
            Fact("request", "code_challenge_method", method),
            Fact("request", "code_challenge", challenge),
        )


def _scopes(visit: Visit, found: Asked, given: str) -> list[str]:
    """The scopes that are asked for; without any, all that the client may have."""
    allowed: list[str] = found.app.client.settings.get("AllowedOAuthScopes") or []
    scopes = list(dict.fromkeys(given.split()))
    if not scopes:
        return list(allowed)
    unknown = [scope for scope in scopes if scope not in allowed]
    # "The phone, email, and profile scopes can only be requested if openid scope is also requested."
    needs_openid = not {"phone", "email", "profile"}.isdisjoint(scopes) and "openid" not in scopes
    if unknown or needs_openid:
        raise found.refusal(
            "invalid_scope",
            "A scope is not one of the client's." if unknown else "These scopes need openid.",
            Fact("request", "scope", given),
            _fact(visit, found.app.client, "AllowedOAuthScopes"),
        )
    return scopes


def _fact(visit: Visit, client: Client, name: str) -> Fact:
    value: Any = client.settings.get(name)
    return visit.call.fact(f"{visit.pool.arn}/client/{client.id}", name, value)
