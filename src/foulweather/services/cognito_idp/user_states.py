"""What administrators set about users: enabled or not, confirmed, another password.

https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#signup-confirmation-verification
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import codes, confirming, limits, messages, naming, password_rules, refusals
from foulweather.services.cognito_idp.naming import Request


def admin_enable_user(call: Call, request: Request) -> dict[str, Any]:
    """Let a user sign in again."""
    return _enable(call, request, True)


def admin_disable_user(call: Call, request: Request) -> dict[str, Any]:
    """Let a user sign in no more, and revoke what they have."""
    return _enable(call, request, False)


async def admin_confirm_sign_up(call: Call, request: Request) -> dict[str, Any]:
    """Confirm a user without a code."""
    state, pool, user = naming.user_of(call, request)
    if user.status != "UNCONFIRMED":
        raise refusals.not_authorized(
            f"User cannot be confirmed. Current status is {user.status}",
            call.fact(refusals.whose(pool, user), "UserStatus", user.status),
        )
    user.status, user.modified_ms = "CONFIRMED", call.now
    user.codes.pop("SignUp", None)
    state.users.touch(user.key)
    call.changed("cognito.UserConfirmed", refusals.whose(pool, user), UserStatus=user.status)
    await confirming.tell(call, pool, None, user, request.get("ClientMetadata"), "ConfirmSignUp")
    return {}


async def admin_reset_user_password(call: Call, request: Request) -> dict[str, Any]:
    """Have a user set a new password, by a code that they are sent."""
    state, pool, user = naming.user_of(call, request)
    if user.status not in ("CONFIRMED", "RESET_REQUIRED"):
        raise refusals.not_authorized(
            "User password cannot be reset in the current state.",
            call.fact(refusals.whose(pool, user), "UserStatus", user.status),
        )
    medium, destination = messages.recovery(pool, user)
    await messages.check_sendable(call, state, pool, medium)
    code = codes.new(call, user, "ForgotPassword", limits.PASSWORD_CODE_MS, destination)
    user.status, user.modified_ms = "RESET_REQUIRED", call.now
    state.users.touch(user.key)
    call.changed("cognito.PasswordReset", refusals.whose(pool, user), UserStatus=user.status)
    letter = messages.Letter("ForgotPassword", medium, destination, code, metadata=request.get("ClientMetadata"))
    await messages.send(call, state, pool, user, letter)
    return {}


def admin_set_user_password(call: Call, request: Request) -> dict[str, Any]:
    """Set a user's password, for good or to be changed at the next sign-in."""
    state, pool, user = naming.user_of(call, request)
    password: str = request["Password"]
    password_rules.check(pool, password, "Password does not conform to policy")
    is_permanent = bool(request.get("Permanent"))
    if is_permanent:
        password_rules.check_history(pool, user, password)
    password_rules.keep(call, pool, user, password)
    if is_permanent:
        user.status, user.temporary_until_ms = "CONFIRMED", 0
    else:
        days: int = pool.password_policy["TemporaryPasswordValidityDays"]
        user.status, user.temporary_until_ms = "FORCE_CHANGE_PASSWORD", call.now + days * limits.DAY_MS
    user.modified_ms = call.now
    state.users.touch(user.key)
    call.changed("cognito.PasswordSet", refusals.whose(pool, user), UserStatus=user.status)
    return {}


def _enable(call: Call, request: Request, is_enabled: bool) -> dict[str, Any]:
    state, pool, user = naming.user_of(call, request)
    user.is_enabled, user.modified_ms = is_enabled, call.now
    if not is_enabled:
        state.forget_refreshes(user)
    state.users.touch(user.key)
    call.changed("cognito.UserEnabled", refusals.whose(pool, user), Enabled=is_enabled)
    return {}
