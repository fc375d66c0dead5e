"""Rows as the API shows them; lists show less than Get operations do, as AWS's documentation says of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from foulweather.kernel.call import Call
from foulweather.services.iam.records import (
    Group,
    Identity,
    InstanceProfile,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from foulweather.services.iam.state import IamState, Uses
from foulweather.services.iam.trust import current_trust

Shape = dict[str, Any]


def encoded(document: str) -> str:
    """A policy as the API returns it: percent-encoded as RFC 3986 has it."""
    return quote(document, safe="")


def tags_shape(tags: Mapping[str, str]) -> list[Shape]:
    """Tags, in order of their keys."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def boundary_shape(arn: str) -> Shape:
    """A permissions boundary."""
    return {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}


def user_shape(user: User, *, full: bool = False) -> Shape:
    """A user; `full` has boundary and tags, which ListUsers and GetGroup do not show."""
    shown: Shape = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.created_ms,
    }
    if user.password_used_ms:
        shown["PasswordLastUsed"] = user.password_used_ms
    if full and user.boundary:
        shown["PermissionsBoundary"] = boundary_shape(user.boundary)
    if full and user.tags:
        shown["Tags"] = tags_shape(user.tags)
    return shown


def group_shape(group: Group) -> Shape:
    """A group."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.created_ms,
    }


def role_shape(call: Call, role: Role, *, full: bool = False) -> Shape:
    """A role; `full` has boundary, tags and last use, which ListRoles does not show."""
    shown: Shape = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created_ms,
        "AssumeRolePolicyDocument": encoded(current_trust(call.world, role)),
        "MaxSessionDuration": role.max_session_s,
    }
    if role.description is not None:
        shown["Description"] = role.description
    if full:
        if role.boundary:
            shown["PermissionsBoundary"] = boundary_shape(role.boundary)
        if role.tags:
            shown["Tags"] = tags_shape(role.tags)
        shown["RoleLastUsed"] = last_used_shape(call, role)
    return shown


def last_used_shape(call: Call, role: Role) -> Shape:
    """When and in which Region a role was last used; empty if it never was."""
    use = call.state(Uses, role.account).identities.get(role.id)
    if use is None:
        return {}
    at_ms, region = max(use.calls.values())
    return {"LastUsedDate": at_ms, "Region": region}


def instance_profile_shape(call: Call, profile: InstanceProfile, *, full: bool = False) -> Shape:
    """An instance profile with its role; `full` has the tags."""
    state = call.state(IamState)
    shown: Shape = {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": profile.created_ms,
        "Roles": [_role_in_profile(call, state.roles[profile.role])] if profile.role else [],
    }
    if full:
        shown["Tags"] = tags_shape(profile.tags)
    return shown


def _role_in_profile(call: Call, role: Role) -> Shape:
    shown = role_shape(call, role)
    del shown["MaxSessionDuration"]
    shown.pop("Description", None)
    return shown


def policy_shape(call: Call, policy: ManagedPolicy, *, full: bool = False) -> Shape:
    """A managed policy; `full` has description and tags, which ListPolicies does not show."""
    usage = call.state(IamState).usage()
    shown: Shape = {
        "PolicyName": policy.name,
        **({"PolicyId": policy.id} if policy.id else {}),
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_id,
        "AttachmentCount": usage.attached[policy.arn],
        "PermissionsBoundaryUsageCount": usage.boundaries[policy.arn],
        "IsAttachable": True,
        "CreateDate": policy.created_ms,
        "UpdateDate": policy.updated_ms,
    }
    if full:
        if policy.description is not None:
            shown["Description"] = policy.description
        shown["Tags"] = tags_shape(policy.tags)
    return shown


def version_shape(policy: ManagedPolicy, version: PolicyVersion, *, document: bool = False) -> Shape:
    """A version of a managed policy, with its document or without."""
    shown: Shape = {
        "VersionId": version.id,
        "IsDefaultVersion": version.id == policy.default_id,
        "CreateDate": version.created_ms,
    }
    if document:
        shown["Document"] = encoded(version.document)
    return shown


def attached_shapes(identity: Identity) -> list[Shape]:
    """An identity's attached policies by name and ARN."""
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in identity.attached]


def inline_shapes(identity: Identity) -> list[Shape]:
    """An identity's inline policies by name, with their documents."""
    return [{"PolicyName": name, "PolicyDocument": encoded(identity.inline[name])} for name in sorted(identity.inline)]
