"""Forgotten passwords, and changed ones.

https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import (
    codes,
    confirming,
    hiding,
    limits,
    lockouts,
    messages,
    migrating,
    naming,
    password_rules,
    refusals,
    tokens,
)
from foulweather.services.cognito_idp.attempts import Attempt
from foulweather.services.cognito_idp.naming import Request

_FORGOTTEN = "ForgotPassword"


async def forgot_password(call: Call, request: Request) -> dict[str, Any]:
    """Send a code by which a user may set a new password."""
    app = naming.app_of(call, request)
    state, pool, client = app
    name: str = request["Username"]
    metadata: dict[str, str] | None = request.get("ClientMetadata")
    naming.check_secret_hash(client, name, request.get("SecretHash"))
    user = state.user(pool, name)
    if user is None:
        user = await migrating.migrated(Attempt(call, app, {"USERNAME": name}, metadata, is_admin=False), None)
    if user is None:
        user = naming.found_user(app, name)
    if user is None:
        return {"CodeDeliveryDetails": hiding.simulated(name)}
    if not user.is_enabled:
        raise refusals.disabled(call, pool, user)
    if user.status in ("FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"):
        raise refusals.not_authorized(
            "User password cannot be reset in the current state.",
            call.fact(refusals.whose(pool, user), "UserStatus", user.status),
        )
    medium, destination = messages.recovery(pool, user)
    limits.check_tries(call, call.operation, user.tries, refusals.whose(pool, user))
    code = codes.new(call, user, _FORGOTTEN, limits.PASSWORD_CODE_MS, destination)
    state.users.touch(user.key)
    letter = messages.Letter(_FORGOTTEN, medium, destination, code, client.id, metadata)
    return {"CodeDeliveryDetails": await messages.send(call, state, pool, user, letter)}


async def confirm_forgot_password(call: Call, request: Request) -> dict[str, Any]:
    """Set a new password by the code that was sent."""
    app = naming.app_of(call, request)
    state, pool, client = app
    name: str = request["Username"]
    naming.check_secret_hash(client, name, request.get("SecretHash"))
    user = naming.found_user(app, name)
    if user is None:
        raise refusals.expired(Fact(pool.arn, f"user {name}", None))
    if not user.is_enabled:
        raise refusals.disabled(call, pool, user)
    limits.check_tries(call, call.operation, user.tries, refusals.whose(pool, user))
    state.users.touch(user.key)
    code = codes.check(call, pool, user, _FORGOTTEN, request["ConfirmationCode"])
    password_rules.check(pool, request["Password"])
    password_rules.check_history(pool, user, request["Password"])
    password_rules.keep(call, pool, user, request["Password"])
    for attribute in ("email", "phone_number"):
        if code.target and user.attributes.get(attribute) == code.target:
            user.attributes[f"{attribute}_verified"] = "true"
    user.status, user.modified_ms = "CONFIRMED", call.now
    del user.codes[_FORGOTTEN]
    state.touch_user(user)
    call.changed("cognito.PasswordSet", refusals.whose(pool, user), UserStatus=user.status)
    await confirming.confirmed(call, app, user, request.get("ClientMetadata"), "ConfirmForgotPassword")
    return {}


def change_password(call: Call, request: Request) -> dict[str, Any]:
    """Set a new password by the old one."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    state, pool, _ = app
    limits.check_tries(call, call.operation, user.tries, refusals.whose(pool, user))
    state.users.touch(user.key)
    previous: str = request.get("PreviousPassword") or ""
    if user.password is not None:
        lockouts.check(call, pool, user)
        if not password_rules.matches(pool, user, user.password, previous):
            lockouts.failed(call, state, user)
            raise refusals.wrong_password(call, pool, user)
    elif previous:
        raise refusals.wrong_password(call, pool, user)
    password_rules.check(pool, request["ProposedPassword"])
    password_rules.check_history(pool, user, request["ProposedPassword"])
    password_rules.keep(call, pool, user, request["ProposedPassword"])
    user.modified_ms = call.now
    state.users.touch(user.key)
    call.changed("cognito.PasswordSet", refusals.whose(pool, user), UserStatus=user.status)
    return {}
