"""Users as administrators make, see, change and delete them.

https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-create-user-accounts.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.cognito_idp import (
    attributes,
    changing,
    limits,
    making,
    messages,
    naming,
    password_rules,
    refusals,
    shown,
    triggers,
)
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.records import Pool, User
from foulweather.services.cognito_idp.state import CognitoState

_HEADING = "Password did not conform with password policy"


async def admin_create_user(call: Call, request: Request) -> dict[str, Any]:
    """Make a user with a temporary password, and send it to them; or send it again."""
    state, pool = naming.pool_of(call, request)
    action: str | None = request.get("MessageAction")
    if action == "RESEND":
        return await _resend(call, state, pool, request)
    name: str = request["Username"]
    attributes.check_user_name(pool, name)
    given = attributes.checked(pool, attributes.of_list(request.get("UserAttributes")))
    user = making.new_user(call, pool, name, given, "FORCE_CHANGE_PASSWORD")
    password = _temporary(call, pool, user, request)
    is_forced = bool(request.get("ForceAliasCreation"))
    making.check_free(state, pool, user, is_forced=is_forced)
    told: dict[str, Any] = {
        "userAttributes": dict(user.attributes),
        "validationData": attributes.of_list(request.get("ValidationData")) or None,
    }
    if request.get("ClientMetadata"):
        told["clientMetadata"] = request["ClientMetadata"]
    response = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
    await triggers.ask(call, pool, "PreSignUp", "PreSignUp_AdminCreateUser", told, response, user=user.name)
    making.check_free(state, pool, user, is_forced=is_forced)
    where = [] if action == "SUPPRESS" else _media(user, request)
    for medium, _ in where:
        await messages.check_sendable(call, state, pool, medium)
    if password:
        _keep(call, pool, user, password)
    else:
        user.status = "CONFIRMED"
    making.add(state, pool, user)
    call.changed("cognito.UserCreated", refusals.whose(pool, user), UserStatus=user.status, Enabled=True)
    if password:
        await _invite(call, state, pool, user, where, password, request)
    return {"User": shown.user(user)}


def admin_get_user(call: Call, request: Request) -> dict[str, Any]:
    """A user."""
    _, _, user = naming.user_of(call, request)
    return shown.administered(user)


def admin_delete_user(call: Call, request: Request) -> dict[str, Any]:
    """Delete a user."""
    state, pool, user = naming.user_of(call, request)
    state.remove_user(user)
    call.changed("cognito.UserDeleted", refusals.whose(pool, user), UserStatus=None)
    return {}


async def admin_update_user_attributes(call: Call, request: Request) -> dict[str, Any]:
    """Change a user's attributes."""
    state, pool, user = naming.user_of(call, request)
    given = attributes.checked(pool, attributes.of_list(request["UserAttributes"]))
    await changing.changed(call, state, pool, user, given, metadata=request.get("ClientMetadata"))
    return {}


def admin_delete_user_attributes(call: Call, request: Request) -> dict[str, Any]:
    """Remove attributes of a user."""
    state, pool, user = naming.user_of(call, request)
    changing.remove(call, state, pool, user, request["UserAttributeNames"])
    return {}


async def _resend(call: Call, state: CognitoState, pool: Pool, request: Request) -> dict[str, Any]:
    user = naming.require_user(state, pool, request["Username"])
    if user.status != "FORCE_CHANGE_PASSWORD":
        raise AwsError(
            "UnsupportedUserStateException",
            f"Resend not possible. {user.name} status is not FORCE_CHANGE_PASSWORD",
            facts=(call.fact(refusals.whose(pool, user), "UserStatus", user.status),),
        )
    password = _temporary(call, pool, user, request)
    where = _media(user, request)
    for medium, _ in where:
        await messages.check_sendable(call, state, pool, medium)
    _keep(call, pool, user, password)
    user.modified_ms = call.now
    state.users.touch(user.key)
    await _invite(call, state, pool, user, where, password, request)
    return {"User": shown.user(user)}


def _temporary(call: Call, pool: Pool, user: User, request: Request) -> str:
    """The temporary password: given, generated, or none where a verified address can stand for it.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
    (TemporaryPassword)
    """
    given: str | None = request.get("TemporaryPassword")
    if given:
        password_rules.check(pool, given, _HEADING)
        return given
    for factor, attribute in (("EMAIL_OTP", "email"), ("SMS_OTP", "phone_number")):
        if factor in pool.first_factors and user.is_verified(attribute):
            return ""
    return password_rules.generated(call, pool)


def _keep(call: Call, pool: Pool, user: User, password: str) -> None:
    user.password = password_rules.verifier(call, pool, user.name, password)
    user.temporary_until_ms = call.now + pool.password_policy["TemporaryPasswordValidityDays"] * limits.DAY_MS


def _media(user: User, request: Request) -> list[tuple[messages.Medium, str]]:
    """Where the invitation goes: by text message, unless something else is wanted."""
    wanted: list[messages.Medium] = list(request.get("DesiredDeliveryMediums") or ["SMS"])
    found: list[tuple[messages.Medium, str]] = []
    for medium in wanted:
        destination = user.attributes.get("phone_number" if medium == "SMS" else "email")
        if destination:
            found.append((medium, destination))
    return found


async def _invite(
    call: Call,
    state: CognitoState,
    pool: Pool,
    user: User,
    where: list[tuple[messages.Medium, str]],
    password: str,
    request: Request,
) -> None:
    for medium, destination in where:
        letter = messages.Letter(
            "AdminCreateUser", medium, destination, password, metadata=request.get("ClientMetadata")
        )
        await messages.send(call, state, pool, user, letter)
