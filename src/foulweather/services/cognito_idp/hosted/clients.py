"""Clients that call an endpoint themselves, and prove who they are by their secret if they have one."""

from __future__ import annotations

import base64
import hmac
from binascii import Error
from urllib.parse import unquote

from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp.hosted.refusals import OAuthRefusal
from foulweather.services.cognito_idp.hosted.visit import Visit
from foulweather.services.cognito_idp.naming import App


def authenticated(visit: Visit, status: int = 400) -> App:
    """The client of a request: by Basic authorization, or by client_id and client_secret in its form."""
    basic = _basic(visit.request.header("authorization"))
    named = visit.form.get("client_id", "")
    if basic is not None and named and named != basic[0]:
        raise _unknown("The form names another client than the Authorization.", named, status)
    client_id, secret = basic if basic is not None else (named, visit.form.get("client_secret", ""))
    client = visit.state.clients.get(client_id)
    if client is None or client.pool != visit.pool.id:
        raise _unknown("There is no such client.", client_id, status)
    known = [each.value for each in client.secrets]
    matches = any(hmac.compare_digest(each.encode(), secret.encode()) for each in known)
    if (known and not matches) or (secret and not known):
        raise OAuthRefusal(
            "invalid_client",
            "The client's secret is missing or wrong." if known else "The client has no secret.",
            Fact(client.id, "ClientSecret", "set" if known else None),
            description="invalid_client_secret",
            status=status,
        )
    return App(visit.state, visit.pool, client)


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (Error, ValueError):
        return "", ""
    return unquote(name), unquote(secret)


def _unknown(cause: str, client_id: str, status: int) -> OAuthRefusal:
    return OAuthRefusal("invalid_client", cause, Fact("request", "client_id", client_id or None), status=status)
