"""E-mail addresses and phone numbers that users verify by a code."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import attributes, codes, limits, messages, refusals, tokens
from foulweather.services.cognito_idp.changing import CONTACTS
from foulweather.services.cognito_idp.naming import Request


async def get_user_attribute_verification_code(call: Call, request: Request) -> dict[str, Any]:
    """Send a code that verifies an e-mail address or phone number."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    name: str = request["AttributeName"]
    target = user.pending.get(name) or user.attributes.get(name)
    if name not in CONTACTS or not target:
        raise refusals.invalid(
            f"User does not have {name} to verify.", Fact(refusals.whose(app.pool, user), name, target)
        )
    limits.check_tries(call, call.operation, user.tries, refusals.whose(app.pool, user))
    code = codes.new(call, user, f"attribute {name}", limits.ATTRIBUTE_CODE_MS, target)
    app.state.users.touch(user.key)
    medium: messages.Medium = "EMAIL" if name == "email" else "SMS"
    metadata: dict[str, str] | None = request.get("ClientMetadata")
    letter = messages.Letter("VerifyUserAttribute", medium, target, code, app.client.id, metadata)
    return {"CodeDeliveryDetails": await messages.send(call, app.state, app.pool, user, letter)}


def verify_user_attribute(call: Call, request: Request) -> dict[str, Any]:
    """Verify an e-mail address or phone number by the code that was sent there."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    state, pool, _ = app
    name: str = request["AttributeName"]
    limits.check_tries(call, call.operation, user.tries, refusals.whose(pool, user))
    state.users.touch(user.key)
    if name not in CONTACTS:
        raise refusals.invalid("Invalid attribute name.", Fact("request", "AttributeName", name))
    code = codes.check(call, pool, user, f"attribute {name}", request["Code"])
    if user.pending.get(name, user.attributes.get(name)) != code.target:
        raise refusals.expired(Fact(refusals.whose(pool, user), name, "has changed since the code was sent"))
    holder = state.holder(pool, code.target) if name in attributes.aliases_of(pool) else None
    if holder is not None and holder is not user:
        raise refusals.alias_taken(pool, name, holder)
    if name in user.pending:
        user.attributes[name] = user.pending.pop(name)
    user.attributes[f"{name}_verified"] = "true"
    user.modified_ms = call.now
    del user.codes[f"attribute {name}"]
    state.touch_user(user)
    call.changed("cognito.AttributeVerified", refusals.whose(pool, user), **{f"{name}_verified": "true"})
    return {}
