"""Managed policies attached to users, groups and roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import limits, quotas
from foulweather.services.iam.attachable import checked_policy
from foulweather.services.iam.paging import page, under
from foulweather.services.iam.records import Group, Identity, Role, User
from foulweather.services.iam.shapes import attached_shapes
from foulweather.services.iam.state import IamState, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        AttachGroupPolicyRequest,
        AttachRolePolicyRequest,
        AttachUserPolicyRequest,
        DetachGroupPolicyRequest,
        DetachRolePolicyRequest,
        DetachUserPolicyRequest,
        ListAttachedGroupPoliciesRequest,
        ListAttachedRolePoliciesRequest,
        ListAttachedUserPoliciesRequest,
    )

Response = dict[str, Any]


def attach_user_policy(call: Call, request: AttachUserPolicyRequest) -> None:
    """Attach a managed policy to a user; it is no error if it is."""
    _attach(call, call.state(IamState).user(request["UserName"]), request["PolicyArn"], "PoliciesPerUser")


def attach_group_policy(call: Call, request: AttachGroupPolicyRequest) -> None:
    """Attach a managed policy to a group; it is no error if it is."""
    _attach(call, call.state(IamState).group(request["GroupName"]), request["PolicyArn"], "PoliciesPerGroup")


def attach_role_policy(call: Call, request: AttachRolePolicyRequest) -> None:
    """Attach a managed policy to a role; it is no error if it is."""
    _attach(call, call.state(IamState).modifiable_role(request["RoleName"]), request["PolicyArn"], "PoliciesPerRole")


def detach_user_policy(call: Call, request: DetachUserPolicyRequest) -> None:
    """Detach a managed policy from a user."""
    _detach(call, call.state(IamState).user(request["UserName"]), request["PolicyArn"])


def detach_group_policy(call: Call, request: DetachGroupPolicyRequest) -> None:
    """Detach a managed policy from a group."""
    _detach(call, call.state(IamState).group(request["GroupName"]), request["PolicyArn"])


def detach_role_policy(call: Call, request: DetachRolePolicyRequest) -> None:
    """Detach a managed policy from a role."""
    _detach(call, call.state(IamState).modifiable_role(request["RoleName"]), request["PolicyArn"])


def list_attached_user_policies(call: Call, request: ListAttachedUserPoliciesRequest) -> Response:
    """List the managed policies that are attached to a user."""
    return _listed(call, call.state(IamState).user(request["UserName"]), request)


def list_attached_group_policies(call: Call, request: ListAttachedGroupPoliciesRequest) -> Response:
    """List the managed policies that are attached to a group."""
    return _listed(call, call.state(IamState).group(request["GroupName"]), request)


def list_attached_role_policies(call: Call, request: ListAttachedRolePoliciesRequest) -> Response:
    """List the managed policies that are attached to a role."""
    return _listed(call, call.state(IamState).role(request["RoleName"]), request)


def _attach(call: Call, identity: User | Group | Role, arn: str, quota: str) -> None:
    state = call.state(IamState)
    checked_policy(state, arn)
    if arn in identity.attached:
        return
    most = limits.ATTACHED_POLICIES
    if quota == "PoliciesPerRole":
        most = quotas.of_account(call.world, quotas.POLICIES_PER_ROLE, call.account)
    limits.check_quota(quota, most, len(identity.attached))
    identity.attached.append(arn)
    state.keep(identity)
    call.changed("iam.PolicyAttached", identity.arn, AttachedPolicy=arn, **{arn: "attached"})


def _detach(call: Call, identity: User | Group | Role, arn: str) -> None:
    if arn not in identity.attached:
        raise no_such_entity(f"Policy {arn} was not found.")
    identity.attached.remove(arn)
    call.state(IamState).keep(identity)
    call.changed("iam.PolicyDetached", identity.arn, DetachedPolicy=arn, **{arn: None})


def _listed(call: Call, identity: Identity, request: Mapping[str, Any]) -> Response:
    state, prefix = call.state(IamState), request.get("PathPrefix")
    found = [shown for shown in attached_shapes(identity) if under(prefix, state.policy(shown["PolicyArn"]).path)]
    chosen, more = page(request, found, lambda shown: shown["PolicyName"].lower() + shown["PolicyArn"])
    return {"AttachedPolicies": chosen, **more}
