"""Groups and who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import deletions, limits
from foulweather.services.iam.paging import page, under
from foulweather.services.iam.records import Group, second
from foulweather.services.iam.shapes import group_shape, user_shape
from foulweather.services.iam.state import IamState, already_exists, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        AddUserToGroupRequest,
        CreateGroupRequest,
        DeleteGroupRequest,
        GetGroupRequest,
        ListGroupsForUserRequest,
        ListGroupsRequest,
        RemoveUserFromGroupRequest,
        UpdateGroupRequest,
    )

Response = dict[str, Any]


def create_group(call: Call, request: CreateGroupRequest) -> Response:
    """Make a group."""
    state = call.state(IamState)
    name = request["GroupName"]
    if name.lower() in state.groups:
        raise already_exists(f"Group with name {name} already exists.")
    limits.check_quota("GroupsPerAccount", limits.GROUPS, len(state.groups))
    group = Group(
        account=call.account,
        name=name,
        path=request.get("Path", "/"),
        id=call.world.ids.unique("AGPA"),
        created_ms=second(call.now),
    )
    state.keep(group)
    call.changed("iam.GroupCreated", group.arn, GroupName=name)
    return {"Group": group_shape(group)}


def get_group(call: Call, request: GetGroupRequest) -> Response:
    """Describe a group and list its members by name."""
    state = call.state(IamState)
    group = state.group(request["GroupName"])
    chosen, more = page(request, state.members(group), lambda user: user.key)
    return {"Group": group_shape(group), "Users": [user_shape(user) for user in chosen], **more}


def list_groups(call: Call, request: ListGroupsRequest) -> Response:
    """List groups by name."""
    prefix = request.get("PathPrefix")
    found = (group for group in call.state(IamState).groups.values() if under(prefix, group.path))
    chosen, more = page(request, found, lambda group: group.key)
    return {"Groups": [group_shape(group) for group in chosen], **more}


def update_group(call: Call, request: UpdateGroupRequest) -> None:
    """Change a group's name or path, and with them its ARN; its members and policies stay."""
    state = call.state(IamState)
    group = state.group(request["GroupName"])
    old_key, old_arn = group.key, group.arn
    new_name = request.get("NewGroupName", group.name)
    if new_name.lower() != old_key and new_name.lower() in state.groups:
        raise already_exists(f"Group with name {new_name} already exists.")
    members = state.members(group)
    group.name = new_name
    group.path = request.get("NewPath", group.path)
    state.rename(group, old_key)
    for user in members:
        user.groups[user.groups.index(old_key)] = group.key
        state.keep(user)
    call.changed("iam.GroupRenamed", old_arn, NewArn=group.arn)
    if group.arn != old_arn:
        call.changed("iam.GroupRenamed", group.arn, GroupName=group.name, Path=group.path, OldArn=old_arn)


def delete_group(call: Call, request: DeleteGroupRequest) -> None:
    """Delete a group without members and policies."""
    state = call.state(IamState)
    group = state.group(request["GroupName"])
    deletions.check_group(state, group)
    state.drop(group)
    call.changed("iam.GroupDeleted", group.arn, GroupName=None)


def add_user_to_group(call: Call, request: AddUserToGroupRequest) -> None:
    """Put a user into a group; it is no error if it is there."""
    state = call.state(IamState)
    group = state.group(request["GroupName"])
    user = state.user(request["UserName"])
    if group.key in user.groups:
        return
    limits.check_quota("GroupsPerUser", limits.GROUPS_PER_USER, len(user.groups))
    user.groups.append(group.key)
    state.keep(user)
    call.changed("iam.UserAddedToGroup", user.arn, Groups=[each.name for each in state.groups_of(user)])


def remove_user_from_group(call: Call, request: RemoveUserFromGroupRequest) -> None:
    """Take a user out of a group."""
    state = call.state(IamState)
    group = state.group(request["GroupName"])
    user = state.user(request["UserName"])
    if group.key not in user.groups:
        raise no_such_entity(f"User {user.name} is not in group {group.name}")
    user.groups.remove(group.key)
    state.keep(user)
    call.changed("iam.UserRemovedFromGroup", user.arn, Groups=[each.name for each in state.groups_of(user)])


def list_groups_for_user(call: Call, request: ListGroupsForUserRequest) -> Response:
    """List the groups that a user is in, by name."""
    state = call.state(IamState)
    groups = state.groups_of(state.user(request["UserName"]))
    chosen, more = page(request, groups, lambda group: group.key)
    return {"Groups": [group_shape(group) for group in chosen], **more}
