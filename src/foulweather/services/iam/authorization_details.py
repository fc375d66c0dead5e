"""Everything that decides about permissions in an account, in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import aws_managed
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import Group, ManagedPolicy, Role, User
from foulweather.services.iam.shapes import (
    attached_shapes,
    inline_shapes,
    instance_profile_shape,
    last_used_shape,
    policy_shape,
    role_shape,
    tags_shape,
    user_shape,
    version_shape,
)
from foulweather.services.iam.state import IamState

if TYPE_CHECKING:
    from aws_types.iam import GetAccountAuthorizationDetailsRequest

Response = dict[str, Any]
Entry = User | Group | Role | ManagedPolicy

_KINDS = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")


def get_account_authorization_details(call: Call, request: GetAccountAuthorizationDetailsRequest) -> Response:
    """List users, groups, roles and the managed policies in use, with all their policies."""
    state = call.state(IamState)
    wanted = set(request.get("Filter", _KINDS))
    attached = state.usage().attached
    entries: list[Entry] = [
        *state.identities(),
        *state.policies.values(),
        *(policy for arn in attached if (policy := aws_managed.find(arn)) is not None),
    ]
    chosen, more = page(
        request,
        [entry for entry in entries if _kind(entry) in wanted],
        lambda entry: f"{_KINDS.index(_kind(entry))}{entry.key}",
    )
    return {
        "UserDetailList": [_user(state, entry) for entry in chosen if isinstance(entry, User)],
        "GroupDetailList": [_group(entry) for entry in chosen if isinstance(entry, Group)],
        "RoleDetailList": [_role(call, state, entry) for entry in chosen if isinstance(entry, Role)],
        "Policies": [_policy(call, entry) for entry in chosen if isinstance(entry, ManagedPolicy)],
        **more,
    }


def _kind(entry: Entry) -> str:
    if isinstance(entry, ManagedPolicy):
        return "AWSManagedPolicy" if entry.account == "aws" else "LocalManagedPolicy"
    return type(entry).__name__


def _user(state: IamState, user: User) -> Response:
    shown = user_shape(user, full=True)
    shown.pop("PasswordLastUsed", None)
    return shown | {
        "GroupList": [group.name for group in state.groups_of(user)],
        "UserPolicyList": inline_shapes(user),
        "AttachedManagedPolicies": attached_shapes(user),
        "Tags": tags_shape(user.tags),
    }


def _group(group: Group) -> Response:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.created_ms,
        "GroupPolicyList": inline_shapes(group),
        "AttachedManagedPolicies": attached_shapes(group),
    }


def _role(call: Call, state: IamState, role: Role) -> Response:
    shown = role_shape(call, role, full=True)
    shown.pop("Description", None)
    del shown["MaxSessionDuration"]
    return shown | {
        "InstanceProfileList": [instance_profile_shape(call, each) for each in state.profiles_of(role)],
        "RolePolicyList": inline_shapes(role),
        "AttachedManagedPolicies": attached_shapes(role),
        "Tags": tags_shape(role.tags),
        "RoleLastUsed": last_used_shape(call, role),
    }


def _policy(call: Call, policy: ManagedPolicy) -> Response:
    shown = policy_shape(call, policy)
    if policy.description is not None:
        shown["Description"] = policy.description
    versions = [version_shape(policy, version, document=True) for version in reversed(policy.versions)]
    return shown | {"PolicyVersionList": versions}
