"""Roles, whom they trust, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import deletions, limits, quotas
from foulweather.services.iam.attachable import checked_boundary
from foulweather.services.iam.paging import page, under
from foulweather.services.iam.records import Role, second
from foulweather.services.iam.shapes import role_shape
from foulweather.services.iam.state import IamState, Uses, already_exists
from foulweather.services.iam.trust import checked_trust

if TYPE_CHECKING:
    from aws_types.iam import (
        CreateRoleRequest,
        DeleteRoleRequest,
        GetRoleRequest,
        ListRolesRequest,
        UpdateAssumeRolePolicyRequest,
        UpdateRoleDescriptionRequest,
        UpdateRoleRequest,
    )

Response = dict[str, Any]


def create_role(call: Call, request: CreateRoleRequest) -> Response:
    """Make a role."""
    state = call.state(IamState)
    name, path = request["RoleName"], request.get("Path", "/")
    if path.startswith("/aws-service-role/"):
        raise limits.invalid_input("Roles with the path /aws-service-role/ are made by CreateServiceLinkedRole only.")
    tags = limits.checked_tags(request.get("Tags", []))
    boundary = checked_boundary(state, request.get("PermissionsBoundary"))
    trust = request["AssumeRolePolicyDocument"]
    trusted_ids = checked_trust(call.world, call.account, trust)
    if name.lower() in state.roles:
        raise already_exists(f"Role with name {name} already exists.")
    limits.check_quota("RolesPerAccount", quotas.of_account(call.world, quotas.ROLES, call.account), len(state.roles))
    role = Role(
        account=call.account,
        name=name,
        path=path,
        id=call.world.ids.unique("AROA"),
        created_ms=second(call.now),
        trust=trust,
        trusted_ids=trusted_ids,
        description=request.get("Description"),
        max_session_s=request.get("MaxSessionDuration", 3600),
        boundary=boundary,
        tags=tags,
    )
    state.keep(role)
    call.changed(
        "iam.RoleCreated",
        role.arn,
        RoleName=name,
        AssumeRolePolicyDocument=trust,
        MaxSessionDuration=role.max_session_s,
        PermissionsBoundary=boundary or None,
        Tags=tags,
    )
    shown = role_shape(call, role, full=True)
    del shown["RoleLastUsed"]
    if "MaxSessionDuration" not in request:
        del shown["MaxSessionDuration"]
    return {"Role": shown}


def get_role(call: Call, request: GetRoleRequest) -> Response:
    """Describe a role."""
    return {"Role": role_shape(call, call.state(IamState).role(request["RoleName"]), full=True)}


def list_roles(call: Call, request: ListRolesRequest) -> Response:
    """List roles by name."""
    prefix = request.get("PathPrefix")
    found = (role for role in call.state(IamState).roles.values() if under(prefix, role.path))
    chosen, more = page(request, found, lambda role: role.key)
    return {"Roles": [role_shape(call, role) for role in chosen], **more}


def update_role(call: Call, request: UpdateRoleRequest) -> Response:
    """Change a role's description or how long its sessions may be."""
    state = call.state(IamState)
    role = state.role(request["RoleName"]) if "MaxSessionDuration" not in request else None
    role = role or state.modifiable_role(request["RoleName"])
    if "Description" in request:
        role.description = request["Description"]
    role.max_session_s = request.get("MaxSessionDuration", role.max_session_s)
    state.keep(role)
    call.changed("iam.RoleUpdated", role.arn, Description=role.description, MaxSessionDuration=role.max_session_s)
    return {}


def update_role_description(call: Call, request: UpdateRoleDescriptionRequest) -> Response:
    """Change a role's description."""
    state = call.state(IamState)
    role = state.role(request["RoleName"])
    role.description = request["Description"]
    state.keep(role)
    call.changed("iam.RoleUpdated", role.arn, Description=role.description)
    return {"Role": role_shape(call, role, full=True)}


def update_assume_role_policy(call: Call, request: UpdateAssumeRolePolicyRequest) -> None:
    """Replace a role's trust policy."""
    state = call.state(IamState)
    role = state.modifiable_role(request["RoleName"])
    trust = request["PolicyDocument"]
    role.trusted_ids = checked_trust(call.world, call.account, trust)
    role.trust = trust
    state.keep(role)
    call.changed("iam.AssumeRolePolicyUpdated", role.arn, AssumeRolePolicyDocument=trust)


def delete_role(call: Call, request: DeleteRoleRequest) -> None:
    """Delete a role that has no policies and is in no instance profile."""
    state = call.state(IamState)
    role = state.modifiable_role(request["RoleName"])
    deletions.check_role(state, role)
    state.drop(role)
    uses = call.state(Uses)
    if role.id in uses.identities:
        uses.identities.delete(role.id)
    call.changed("iam.RoleDeleted", role.arn, RoleName=None)
