"""Policies that are embedded in one user, group or role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import limits
from foulweather.services.iam.holdings import group_inline_source
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import Group, Role, User
from foulweather.services.iam.shapes import encoded
from foulweather.services.iam.state import IamState, no_such_entity
from foulweather.services.iam.trust import checked_document

if TYPE_CHECKING:
    from aws_types.iam import (
        DeleteGroupPolicyRequest,
        DeleteRolePolicyRequest,
        DeleteUserPolicyRequest,
        GetGroupPolicyRequest,
        GetRolePolicyRequest,
        GetUserPolicyRequest,
        ListGroupPoliciesRequest,
        ListRolePoliciesRequest,
        ListUserPoliciesRequest,
        PutGroupPolicyRequest,
        PutRolePolicyRequest,
        PutUserPolicyRequest,
    )

Response = dict[str, Any]


def put_user_policy(call: Call, request: PutUserPolicyRequest) -> None:
    """Embed a policy in a user, or replace it."""
    _put(call, call.state(IamState).user(request["UserName"]), request)


def put_group_policy(call: Call, request: PutGroupPolicyRequest) -> None:
    """Embed a policy in a group, or replace it."""
    _put(call, call.state(IamState).group(request["GroupName"]), request)


def put_role_policy(call: Call, request: PutRolePolicyRequest) -> None:
    """Embed a policy in a role, or replace it."""
    _put(call, call.state(IamState).modifiable_role(request["RoleName"]), request)


def get_user_policy(call: Call, request: GetUserPolicyRequest) -> Response:
    """Give a user's inline policy."""
    user = call.state(IamState).user(request["UserName"])
    return {"UserName": user.name, **_got(user, request["PolicyName"])}


def get_group_policy(call: Call, request: GetGroupPolicyRequest) -> Response:
    """Give a group's inline policy."""
    group = call.state(IamState).group(request["GroupName"])
    return {"GroupName": group.name, **_got(group, request["PolicyName"])}


def get_role_policy(call: Call, request: GetRolePolicyRequest) -> Response:
    """Give a role's inline policy."""
    role = call.state(IamState).role(request["RoleName"])
    return {"RoleName": role.name, **_got(role, request["PolicyName"])}


def list_user_policies(call: Call, request: ListUserPoliciesRequest) -> Response:
    """List the names of a user's inline policies."""
    return _listed(call.state(IamState).user(request["UserName"]), request)


def list_group_policies(call: Call, request: ListGroupPoliciesRequest) -> Response:
    """List the names of a group's inline policies."""
    return _listed(call.state(IamState).group(request["GroupName"]), request)


def list_role_policies(call: Call, request: ListRolePoliciesRequest) -> Response:
    """List the names of a role's inline policies."""
    return _listed(call.state(IamState).role(request["RoleName"]), request)


def delete_user_policy(call: Call, request: DeleteUserPolicyRequest) -> None:
    """Delete a user's inline policy."""
    _delete(call, call.state(IamState).user(request["UserName"]), request["PolicyName"])


def delete_group_policy(call: Call, request: DeleteGroupPolicyRequest) -> None:
    """Delete a group's inline policy."""
    _delete(call, call.state(IamState).group(request["GroupName"]), request["PolicyName"])


def delete_role_policy(call: Call, request: DeleteRolePolicyRequest) -> None:
    """Delete a role's inline policy."""
    _delete(call, call.state(IamState).modifiable_role(request["RoleName"]), request["PolicyName"])


def _put(call: Call, identity: User | Group | Role, request: Mapping[str, Any]) -> None:
    name, document = request["PolicyName"], request["PolicyDocument"]
    checked_document(document, "identity")
    after = identity.inline | {name: document}
    limits.check_inline_size(_kind(identity), identity.name, list(after.values()))
    identity.inline = after
    call.state(IamState).keep(identity)
    _changed(call, "iam.InlinePolicyPut", identity, name, document)


def _got(identity: User | Group | Role, name: str) -> Response:
    return {"PolicyName": name, "PolicyDocument": encoded(_found(identity, name))}


def _found(identity: User | Group | Role, name: str) -> str:
    if name not in identity.inline:
        raise no_such_entity(f"The {_kind(identity)} policy with name {name} cannot be found.")
    return identity.inline[name]


def _listed(identity: User | Group | Role, request: Mapping[str, Any]) -> Response:
    chosen, more = page(request, identity.inline, str)
    return {"PolicyNames": chosen, **more}


def _delete(call: Call, identity: User | Group | Role, name: str) -> None:
    _found(identity, name)
    del identity.inline[name]
    call.state(IamState).keep(identity)
    _changed(call, "iam.InlinePolicyDeleted", identity, name, None)


def _changed(call: Call, kind: str, identity: User | Group | Role, name: str, document: str | None) -> None:
    call.changed(kind, identity.arn, InlinePolicy=name, **{f"InlinePolicy/{name}": document})
    if isinstance(identity, Group):
        call.changed(kind, group_inline_source(identity, name), PolicyDocument=document)


def _kind(identity: User | Group | Role) -> str:
    return type(identity).__name__.lower()
