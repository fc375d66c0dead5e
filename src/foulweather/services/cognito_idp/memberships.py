"""Who is in which group."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, naming, refusals, shown
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.paging import page


def admin_add_user_to_group(call: Call, request: Request) -> dict[str, Any]:
    """Add a user to a group; one who is in it already stays."""
    state, pool, user = naming.user_of(call, request)
    group = naming.group_of(state, pool, request["GroupName"])
    if group.name not in user.groups:
        if len(user.groups) >= limits.GROUPS_PER_USER:
            raise refusals.invalid(
                "User is in the maximum number of groups.",
                Fact(refusals.whose(pool, user), "groups", limits.GROUPS_PER_USER),
            )
        user.groups.append(group.name)
        state.users.touch(user.key)
        call.changed("cognito.GroupJoined", refusals.whose(pool, user), groups=list(user.groups))
    return {}


def admin_remove_user_from_group(call: Call, request: Request) -> dict[str, Any]:
    """Remove a user from a group."""
    state, pool, user = naming.user_of(call, request)
    group = naming.group_of(state, pool, request["GroupName"])
    if group.name in user.groups:
        user.groups.remove(group.name)
        state.users.touch(user.key)
        call.changed("cognito.GroupLeft", refusals.whose(pool, user), groups=list(user.groups))
    return {}


def admin_list_groups_for_user(call: Call, request: Request) -> dict[str, Any]:
    """The groups that a user is in."""
    state, pool, user = naming.user_of(call, request)
    found = sorted(user.groups)
    listed, more = page(found, str, request.get("Limit"), request.get("NextToken"))
    return {"Groups": [shown.group(state.groups[f"{pool.id}/{name}"]) for name in listed], **more}
