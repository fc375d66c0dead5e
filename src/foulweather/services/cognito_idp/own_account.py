"""Users who see and change themselves, by their access token."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import attributes, changing, refusals, shown, tokens
from foulweather.services.cognito_idp.naming import Request


def get_user(call: Call, request: Request) -> dict[str, Any]:
    """Who an access token speaks for, as far as its client may read."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    found = attributes.readable(app.client, user)
    return {"Username": user.name, "UserAttributes": attributes.as_list(found), **shown.factors(user)}


async def update_user_attributes(call: Call, request: Request) -> dict[str, Any]:
    """Change attributes; a new e-mail address or phone number is to be verified anew."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    given = attributes.checked(app.pool, attributes.of_list(request["UserAttributes"]))
    attributes.check_writable(app.pool, app.client, given)
    sent = await changing.changed(call, app.state, app.pool, user, given, app.client.id, request.get("ClientMetadata"))
    return {"CodeDeliveryDetailsList": sent}


def delete_user_attributes(call: Call, request: Request) -> dict[str, Any]:
    """Remove attributes."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    names: list[str] = request["UserAttributeNames"]
    attributes.check_writable(app.pool, app.client, names)
    changing.remove(call, app.state, app.pool, user, names)
    return {}


def delete_user(call: Call, request: Request) -> dict[str, Any]:
    """Delete oneself."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    app.state.remove_user(user)
    call.changed("cognito.UserDeleted", refusals.whose(app.pool, user), UserStatus=None)
    return {}
