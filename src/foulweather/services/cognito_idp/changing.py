"""Attributes that change, and what then is to be verified anew.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import attributes, codes, limits, messages, refusals
from foulweather.services.cognito_idp.records import Pool, User
from foulweather.services.cognito_idp.state import CognitoState

CONTACTS = ("email", "phone_number")


async def changed(
    call: Call,
    state: CognitoState,
    pool: Pool,
    user: User,
    given: Mapping[str, str],
    client: str = "",
    metadata: Mapping[str, str] | None = None,
) -> list[dict[str, str]]:
    """Change a user's attributes; say where codes went that verify new addresses and numbers."""
    attributes.check_changes(pool, user, given)
    verified: list[str] = pool.settings.get("AutoVerifiedAttributes") or []
    waits: list[str] = pool.settings["UserAttributeUpdateSettings"]["AttributesRequireVerificationBeforeUpdate"]
    contacts = [
        name
        for name in CONTACTS
        if given.get(name) and given[name] != user.attributes.get(name) and given.get(f"{name}_verified") != "true"
    ]
    for name in attributes.aliases_of(pool):
        if name not in given or (name in contacts and name not in pool.username_attributes):
            continue
        holder = state.holder(pool, given[name]) if given[name] else None
        if holder is not None and holder is not user:
            raise refusals.alias_taken(pool, name, holder)
    for name in contacts:
        if name in verified:
            await messages.check_sendable(call, state, pool, "EMAIL" if name == "email" else "SMS")
    held_back = set(waits) & set(contacts)
    now = {name: value for name, value in given.items() if name not in held_back}
    _apply(call, state, pool, user, now, contacts)
    told = dict(metadata) if metadata else None
    letters: list[messages.Letter] = []
    for name in contacts:
        if name in verified:
            code = codes.new(call, user, f"attribute {name}", limits.ATTRIBUTE_CODE_MS, given[name])
            if name in waits:
                user.pending[name] = given[name]
            medium: messages.Medium = "EMAIL" if name == "email" else "SMS"
            letters.append(messages.Letter("UpdateUserAttribute", medium, given[name], code, client, told))
    state.users.touch(user.key)
    return [await messages.send(call, state, pool, user, letter) for letter in letters]


def remove(call: Call, state: CognitoState, pool: Pool, user: User, names: Sequence[str]) -> None:
    """Remove attributes of a user."""
    attributes.check_changes(pool, user, names, is_deletion=True)
    for name in names:
        user.attributes.pop(name, None)
        if name in CONTACTS:
            user.attributes.pop(f"{name}_verified", None)
    user.modified_ms = call.now
    state.touch_user(user)
    call.changed("cognito.UserAttributesSet", refusals.whose(pool, user), **dict.fromkeys(names))


def _apply(
    call: Call, state: CognitoState, pool: Pool, user: User, given: Mapping[str, str], contacts: Sequence[str]
) -> None:
    for name, value in given.items():
        if name in contacts:
            user.attributes[f"{name}_verified"] = "false"
        if value:
            user.attributes[name] = value
        else:
            user.attributes.pop(name, None)
    user.modified_ms = call.now
    state.touch_user(user)
    call.changed("cognito.UserAttributesSet", refusals.whose(pool, user), **dict(given))
