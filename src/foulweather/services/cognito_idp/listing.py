"""The users of a pool or group, as far as a filter lets them through.

https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html#cognito-user-pools-searching-for-users-using-listusers-api
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import naming, refusals, shown
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.paging import page
from foulweather.services.cognito_idp.records import User

_FILTER = re.compile(r'\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_ATTRIBUTES = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")
_LISTED = 60


def list_users(call: Call, request: Request) -> dict[str, Any]:
    """The users of a pool."""
    state, pool = naming.pool_of(call, request)
    keep = _filter(request.get("Filter") or "")
    names: list[str] | None = request.get("AttributesToGet")
    for name in names or ():
        if name not in pool.schema:
            raise refusals.invalid(
                f"One or more requested attributes do not exist in user pool: {name}",
                Fact("request", "AttributesToGet", name),
            )
    found = sorted((user for user in state.users_of[pool.id].values() if keep(user)), key=_by_name)
    size, token = request.get("Limit"), request.get("PaginationToken")
    listed, more = page(found, _by_name, size, token, "PaginationToken", _LISTED)
    return {"Users": [shown.user(user, names) for user in listed], **more}


def list_users_in_group(call: Call, request: Request) -> dict[str, Any]:
    """The users of a group."""
    state, pool = naming.pool_of(call, request)
    group = naming.group_of(state, pool, request["GroupName"])
    found = sorted((user for user in state.users_of[pool.id].values() if group.name in user.groups), key=_by_name)
    listed, more = page(found, _by_name, request.get("Limit"), request.get("NextToken"), default=_LISTED)
    return {"Users": [shown.user(user) for user in listed], **more}


def _by_name(user: User) -> str:
    return user.name


def _filter(text: str) -> Callable[[User], bool]:
    """What a filter lets through: one attribute, equal to a value or beginning with it."""
    if not text.strip():
        return lambda user: True
    found = _FILTER.fullmatch(text)
    if found is None:
        raise refusals.invalid("Error while parsing filter.", Fact("request", "Filter", text))
    name, how, value = found[1], found[2], re.sub(r"\\(.)", r"\1", found[3])
    reading = _reader(name)
    if reading is None:
        raise refusals.invalid(f"Invalid search attribute: {name}", Fact("request", "Filter", text))
    if name == "cognito:user_status":
        value = value.upper()
    if how == "=":
        return lambda user: reading(user) == value
    return lambda user: (reading(user) or "").startswith(value) if value else bool(reading(user))


def _reader(name: str) -> Callable[[User], str | None] | None:
    if name in _ATTRIBUTES:
        return lambda user: user.attributes.get(name)
    readers: dict[str, Callable[[User], str | None]] = {
        "username": lambda user: user.name,
        "sub": lambda user: user.sub,
        "cognito:user_status": lambda user: user.status,
        "status": lambda user: "Enabled" if user.is_enabled else "Disabled",
    }
    return readers.get(name)
