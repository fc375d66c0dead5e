"""Groups of users, with a role and a precedence.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, naming, refusals, shown
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.paging import page
from foulweather.services.cognito_idp.records import Group, Pool


def create_group(call: Call, request: Request) -> dict[str, Any]:
    """Make a group without users."""
    state, pool = naming.pool_of(call, request)
    name: str = request["GroupName"]
    key = f"{pool.id}/{name}"
    if key in state.groups:
        raise AwsError(
            "GroupExistsException",
            "A group with the name already exists.",
            facts=(Fact(_arn(pool, name), "exists", True),),
        )
    if sum(group.pool == pool.id for group in state.groups.values()) >= limits.GROUPS_PER_POOL:
        raise refusals.over_limit("Maximum number of groups reached.", Fact(pool.arn, "groups", limits.GROUPS_PER_POOL))
    group = Group(name, pool.id, call.now, call.now)
    _set(group, request)
    state.groups.put(key, group)
    call.changed("cognito.GroupCreated", _arn(pool, name), RoleArn=group.role, Precedence=group.precedence)
    return {"Group": shown.group(group)}


def get_group(call: Call, request: Request) -> dict[str, Any]:
    """A group."""
    state, pool = naming.pool_of(call, request)
    return {"Group": shown.group(naming.group_of(state, pool, request["GroupName"]))}


def update_group(call: Call, request: Request) -> dict[str, Any]:
    """Change a group; what is left out stays."""
    state, pool = naming.pool_of(call, request)
    group = naming.group_of(state, pool, request["GroupName"])
    _set(group, request)
    group.modified_ms = call.now
    state.groups.touch(f"{pool.id}/{group.name}")
    call.changed("cognito.GroupUpdated", _arn(pool, group.name), RoleArn=group.role, Precedence=group.precedence)
    return {"Group": shown.group(group)}


def delete_group(call: Call, request: Request) -> dict[str, Any]:
    """Delete a group; its users stay."""
    state, pool = naming.pool_of(call, request)
    group = naming.group_of(state, pool, request["GroupName"])
    for user in state.users_of[pool.id].values():
        if group.name in user.groups:
            user.groups.remove(group.name)
            state.users.touch(user.key)
    state.groups.delete(f"{pool.id}/{group.name}")
    call.changed("cognito.GroupDeleted", _arn(pool, group.name), RoleArn=None)
    return {}


def list_groups(call: Call, request: Request) -> dict[str, Any]:
    """The groups of a pool."""
    state, pool = naming.pool_of(call, request)
    found = sorted((group for group in state.groups.values() if group.pool == pool.id), key=_by_name)
    listed, more = page(found, _by_name, request.get("Limit"), request.get("NextToken"))
    return {"Groups": [shown.group(group) for group in listed], **more}


def _set(group: Group, request: Request) -> None:
    group.description = request.get("Description", group.description)
    group.role = request.get("RoleArn", group.role)
    group.precedence = request.get("Precedence", group.precedence)


def _arn(pool: Pool, name: str) -> str:
    return f"{pool.arn}/group/{name}"


def _by_name(group: Group) -> str:
    return group.name
