"""Users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credentials
from foulweather.policy.principal import Principal
from foulweather.services.iam import deletions, limits
from foulweather.services.iam.attachable import checked_boundary
from foulweather.services.iam.callers import user_or_root
from foulweather.services.iam.paging import page, under
from foulweather.services.iam.records import User, second
from foulweather.services.iam.shapes import user_shape
from foulweather.services.iam.state import IamState, Uses, already_exists

if TYPE_CHECKING:
    from aws_types.iam import CreateUserRequest, DeleteUserRequest, GetUserRequest, ListUsersRequest, UpdateUserRequest

Response = dict[str, Any]


def create_user(call: Call, request: CreateUserRequest) -> Response:
    """Make a user, with no permissions and no credentials."""
    state = call.state(IamState)
    tags = limits.checked_tags(request.get("Tags", []))
    boundary = checked_boundary(state, request.get("PermissionsBoundary"))
    name = request["UserName"]
    if name.lower() in state.users:
        raise already_exists(f"User with name {name} already exists.")
    limits.check_quota("UsersPerAccount", limits.USERS, len(state.users))
    user = User(
        account=call.account,
        name=name,
        path=request.get("Path", "/"),
        id=call.world.ids.unique("AIDA"),
        created_ms=second(call.now),
        boundary=boundary,
        tags=tags,
    )
    state.keep(user)
    call.changed("iam.UserCreated", user.arn, UserName=name, PermissionsBoundary=boundary or None, Tags=tags)
    return {"User": user_shape(user, full=True)}


def get_user(call: Call, request: GetUserRequest) -> Response:
    """Describe a user, or the caller."""
    user = user_or_root(call, request)
    if user is None:
        since = second(call.state(IamState).since(call.now))
        return {"User": {"UserId": call.account, "Arn": call.principal.arn, "CreateDate": since}}
    return {"User": user_shape(user, full=True)}


def list_users(call: Call, request: ListUsersRequest) -> Response:
    """List users by name."""
    prefix = request.get("PathPrefix")
    found = (user for user in call.state(IamState).users.values() if under(prefix, user.path))
    chosen, more = page(request, found, lambda user: user.key)
    return {"Users": [user_shape(user) for user in chosen], **more}


def update_user(call: Call, request: UpdateUserRequest) -> None:
    """Change a user's name or path, and with them its ARN; its keys, groups and policies stay."""
    state = call.state(IamState)
    user = state.user(request["UserName"])
    old_key, old_arn = user.key, user.arn
    new_name = request.get("NewUserName", user.name)
    if new_name.lower() != old_key and new_name.lower() in state.users:
        raise already_exists(f"User with name {new_name} already exists.")
    user.name = new_name
    user.path = request.get("NewPath", user.path)
    state.rename(user, old_key)
    _reissue(call, state, user)
    call.changed("iam.UserRenamed", old_arn, NewArn=user.arn)
    if user.arn != old_arn:
        call.changed("iam.UserRenamed", user.arn, UserName=user.name, Path=user.path, OldArn=old_arn)


def delete_user(call: Call, request: DeleteUserRequest) -> None:
    """Delete a user that has nothing left."""
    state = call.state(IamState)
    user = state.user(request["UserName"])
    deletions.check_user(state, user)
    state.drop(user)
    uses = call.state(Uses)
    if user.id in uses.identities:
        uses.identities.delete(user.id)
    call.changed("iam.UserDeleted", user.arn, UserName=None)


def _reissue(call: Call, state: IamState, user: User) -> None:
    """Give the keys of a user its new ARN."""
    credentials = call.state(Credentials)
    principal = Principal("user", user.arn, user.account, user.id)
    for key in state.access_keys.values():
        issued = credentials.by_id.get(key.id) if key.user == user.id else None
        if issued is not None:
            credentials.issue(msgspec.structs.replace(issued, principal=principal))
