"""Permissions boundaries: the most that a user's or role's policies can allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam.attachable import checked_boundary
from foulweather.services.iam.records import Role, User
from foulweather.services.iam.state import IamState, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        DeleteRolePermissionsBoundaryRequest,
        DeleteUserPermissionsBoundaryRequest,
        PutRolePermissionsBoundaryRequest,
        PutUserPermissionsBoundaryRequest,
    )

Response = dict[str, Any]


def put_user_permissions_boundary(call: Call, request: PutUserPermissionsBoundaryRequest) -> None:
    """Set a user's permissions boundary."""
    _put(call, call.state(IamState).user(request["UserName"]), request["PermissionsBoundary"])


def put_role_permissions_boundary(call: Call, request: PutRolePermissionsBoundaryRequest) -> None:
    """Set a role's permissions boundary."""
    _put(call, call.state(IamState).modifiable_role(request["RoleName"]), request["PermissionsBoundary"])


def delete_user_permissions_boundary(call: Call, request: DeleteUserPermissionsBoundaryRequest) -> None:
    """Remove a user's permissions boundary."""
    user = call.state(IamState).user(request["UserName"])
    if not user.boundary:
        raise no_such_entity(f"No scope policy found on user {user.name}")
    _set(call, user, "")


def delete_role_permissions_boundary(call: Call, request: DeleteRolePermissionsBoundaryRequest) -> None:
    """Remove a role's permissions boundary."""
    role = call.state(IamState).modifiable_role(request["RoleName"])
    if not role.boundary:
        raise no_such_entity(f"No scope policy found on role {role.name}")
    _set(call, role, "")


def _put(call: Call, identity: User | Role, arn: str) -> None:
    _set(call, identity, checked_boundary(call.state(IamState), arn))


def _set(call: Call, identity: User | Role, arn: str) -> None:
    identity.boundary = arn
    call.state(IamState).keep(identity)
    call.changed("iam.PermissionsBoundarySet", identity.arn, PermissionsBoundary=arn or None)
