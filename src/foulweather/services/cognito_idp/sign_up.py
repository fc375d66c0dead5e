"""Users who sign up themselves, and confirm that they are who they say.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import (
    attributes,
    codes,
    confirming,
    hiding,
    limits,
    making,
    messages,
    naming,
    password_rules,
    refusals,
    triggers,
)
from foulweather.services.cognito_idp.naming import App, Request
from foulweather.services.cognito_idp.records import User

SIGN_UP = "SignUp"


async def sign_up(call: Call, request: Request) -> dict[str, Any]:
    """Make a user who is still to confirm."""
    app = naming.app_of(call, request)
    told = {"pool": app.pool.id, "client": app.client.id}
    try:
        result = await _signed_up(call, app, request)
    except AwsError:
        call.happened("cognito.SignUp", app.pool.arn, **told, success=0)
        raise
    call.happened("cognito.SignUp", app.pool.arn, **told, success=1)
    return result


async def _signed_up(call: Call, app: App, request: Request) -> dict[str, Any]:
    state, pool, client = app
    name: str = request["Username"]
    naming.check_secret_hash(client, name, request.get("SecretHash"))
    if pool.settings["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]:
        raise refusals.not_authorized(
            "SignUp is not permitted for this user pool", call.fact(pool.arn, "AllowAdminCreateUserOnly", True)
        )
    password = _password(app, request.get("Password"))
    attributes.check_user_name(pool, name)
    given = attributes.checked(pool, attributes.of_list(request.get("UserAttributes")))
    attributes.check_writable(pool, client, given)
    user = making.new_user(call, pool, name, given, "UNCONFIRMED")
    attributes.check_required(pool, user.attributes)
    making.check_free(state, pool, user)
    answer = await _pre_sign_up(call, app, user, request)
    making.check_free(state, pool, user)
    is_confirmed = bool(answer.get("autoConfirmUser"))
    _auto_verify(app, user, answer)
    where = None if is_confirmed else messages.verifiable(pool, user)
    if where is not None:
        await messages.check_sendable(call, state, pool, where[0])
    if password:
        user.password = password_rules.verifier(call, pool, user.name, password)
    if is_confirmed:
        user.status = "CONFIRMED"
    making.add(state, pool, user)
    call.changed("cognito.UserSignedUp", refusals.whose(pool, user), UserStatus=user.status)
    result: dict[str, Any] = {"UserConfirmed": is_confirmed, "UserSub": user.sub}
    metadata: dict[str, str] | None = request.get("ClientMetadata")
    if is_confirmed:
        await confirming.confirmed(call, app, user, metadata)
    elif where is not None:
        code = codes.new(call, user, SIGN_UP, limits.SIGN_UP_CODE_MS, where[1])
        state.users.touch(user.key)
        letter = messages.Letter(SIGN_UP, where[0], where[1], code, client.id, metadata)
        result["CodeDeliveryDetails"] = await messages.send(call, state, pool, user, letter)
    return result


async def confirm_sign_up(call: Call, request: Request) -> dict[str, Any]:
    """Confirm a user by the code that was sent; the address that it was sent to is then verified."""
    app = naming.app_of(call, request)
    state, pool, client = app
    name: str = request["Username"]
    naming.check_secret_hash(client, name, request.get("SecretHash"))
    if request.get("Session"):
        raise not_implemented(limits.SERVICE, "ConfirmSignUp.Session")
    user = naming.found_user(app, name)
    if user is None:
        raise refusals.expired(Fact(pool.arn, f"user {name}", None))
    limits.check_tries(call, call.operation, user.tries, refusals.whose(pool, user))
    state.users.touch(user.key)
    if user.status != "UNCONFIRMED":
        raise refusals.not_authorized(
            f"User cannot be confirmed. Current status is {user.status}",
            call.fact(refusals.whose(pool, user), "UserStatus", user.status),
        )
    code = codes.check(call, pool, user, SIGN_UP, request["ConfirmationCode"])
    for attribute in ("email", "phone_number"):
        if code.target and user.attributes.get(attribute) == code.target:
            if attribute in pool.alias_attributes:
                is_forced = bool(request.get("ForceAliasCreation"))
                attributes.take_alias(state, pool, user, attribute, is_forced=is_forced)
            user.attributes[f"{attribute}_verified"] = "true"
    user.status, user.modified_ms = "CONFIRMED", call.now
    del user.codes[SIGN_UP]
    state.touch_user(user)
    call.changed("cognito.UserConfirmed", refusals.whose(pool, user), UserStatus=user.status)
    await confirming.confirmed(call, app, user, request.get("ClientMetadata"))
    return {}


async def resend_confirmation_code(call: Call, request: Request) -> dict[str, Any]:
    """Send another code to a user who is still to confirm."""
    app = naming.app_of(call, request)
    state, pool, client = app
    name: str = request["Username"]
    naming.check_secret_hash(client, name, request.get("SecretHash"))
    user = naming.found_user(app, name)
    if user is None:
        return {"CodeDeliveryDetails": hiding.simulated(name)}
    limits.check_tries(call, call.operation, user.tries, refusals.whose(pool, user))
    state.users.touch(user.key)
    if user.status != "UNCONFIRMED":
        raise refusals.invalid(
            "User is already confirmed.", call.fact(refusals.whose(pool, user), "UserStatus", user.status)
        )
    where = messages.verifiable(pool, user)
    if where is None:
        raise refusals.invalid(
            "Cannot resend codes. Auto verification not turned on.",
            call.fact(pool.arn, "AutoVerifiedAttributes", pool.settings.get("AutoVerifiedAttributes")),
        )
    code = codes.new(call, user, SIGN_UP, limits.SIGN_UP_CODE_MS, where[1])
    letter = messages.Letter("ResendCode", where[0], where[1], code, client.id, request.get("ClientMetadata"))
    return {"CodeDeliveryDetails": await messages.send(call, state, pool, user, letter)}


def _password(app: App, given: str | None) -> str:
    """The password, or none where codes can stand for it."""
    if given:
        password_rules.check(app.pool, given)
        return given
    if {"EMAIL_OTP", "SMS_OTP"}.isdisjoint(app.pool.first_factors):
        raise refusals.missing("PASSWORD")
    return ""


async def _pre_sign_up(call: Call, app: App, user: User, request: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "userAttributes": dict(user.attributes),
        "validationData": attributes.of_list(request.get("ValidationData")) or None,
    }
    if request.get("ClientMetadata"):
        told["clientMetadata"] = request["ClientMetadata"]
    answer = await triggers.ask(
        call,
        app.pool,
        "PreSignUp",
        "PreSignUp_SignUp",
        told,
        {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
        user=user.name,
        client=app.client.id,
    )
    return answer or {}


def _auto_verify(app: App, user: User, answer: Mapping[str, Any]) -> None:
    for member, attribute in (("autoVerifyEmail", "email"), ("autoVerifyPhone", "phone_number")):
        if not answer.get(member):
            continue
        if not user.attributes.get(attribute):
            raise refusals.invalid(
                f"Cannot auto verify {attribute}: the user has none.",
                Fact(app.pool.trigger("PreSignUp"), member, True),
            )
        if attribute in attributes.aliases_of(app.pool):
            attributes.take_alias(app.state, app.pool, user, attribute, is_forced=False)
        user.attributes[f"{attribute}_verified"] = "true"
