"""Users who are elsewhere: the UserMigration function knows them, and they are made here.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
"""

from __future__ import annotations

from typing import Any

from foulweather.services.cognito_idp import attributes, making, password_rules, triggers
from foulweather.services.cognito_idp.attempts import Attempt
from foulweather.services.cognito_idp.records import User


async def migrated(attempt: Attempt, password: str | None) -> User | None:
    """The user that UserMigration knows by a name and password, or by the name of who forgot theirs."""
    call, app = attempt.call, attempt.app
    is_sign_in = password is not None
    request: dict[str, Any] = {"validationData": attempt.metadata or None, "userAttributes": None}
    if is_sign_in:
        request["password"] = password
    answer = await triggers.ask(
        call,
        app.pool,
        "UserMigration",
        f"UserMigration_{'Authentication' if is_sign_in else 'ForgotPassword'}",
        request,
        {
            "userAttributes": None,
            "forceAliasCreation": None,
            "finalUserStatus": None,
            "messageAction": None,
            "desiredDeliveryMediums": None,
        },
        user=attempt.name,
        client=app.client.id,
    )
    told: dict[str, Any] | None = (answer or {}).get("userAttributes")
    if not answer or not told:
        return None
    known = app.state.user(app.pool, attempt.name)
    if known is not None:
        return known
    given = {name: str(value) for name, value in told.items() if name not in ("username", "sub")}
    checked = attributes.checked(app.pool, given)
    status = "RESET_REQUIRED" if answer.get("finalUserStatus") == "RESET_REQUIRED" else "CONFIRMED"
    user = making.new_user(call, app.pool, attempt.name, checked, status)
    if password is not None:
        user.password = password_rules.verifier(call, app.pool, user.name, password)
    making.check_free(app.state, app.pool, user, is_forced=bool(answer.get("forceAliasCreation")))
    making.add(app.state, app.pool, user)
    call.changed("cognito.UserMigrated", f"{app.pool.arn}/user/{user.name}", UserStatus=status)
    return user
