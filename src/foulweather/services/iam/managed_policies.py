"""Managed policies, AWS's and customers'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import aws_managed, limits
from foulweather.services.iam.deletions import delete_conflict
from foulweather.services.iam.paging import page, under
from foulweather.services.iam.records import Group, ManagedPolicy, PolicyVersion, Role, User, second
from foulweather.services.iam.shapes import policy_shape
from foulweather.services.iam.state import IamState, already_exists
from foulweather.services.iam.trust import checked_managed

if TYPE_CHECKING:
    from aws_types.iam import (
        CreatePolicyRequest,
        DeletePolicyRequest,
        GetPolicyRequest,
        ListEntitiesForPolicyRequest,
        ListPoliciesRequest,
    )

Response = dict[str, Any]


def create_policy(call: Call, request: CreatePolicyRequest) -> Response:
    """Make a managed policy of one version."""
    state = call.state(IamState)
    tags = limits.checked_tags(request.get("Tags", []))
    name, document = request["PolicyName"], request["PolicyDocument"]
    checked_managed(document)
    limits.check_policy_size(document)
    if name.lower() in state.policies:
        raise already_exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
    limits.check_quota("PoliciesPerAccount", limits.POLICIES, len(state.policies))
    policy = ManagedPolicy(
        account=call.account,
        name=name,
        path=request.get("Path", "/"),
        id=call.world.ids.unique("ANPA"),
        created_ms=second(call.now),
        updated_ms=second(call.now),
        versions=[PolicyVersion(id="v1", document=document, created_ms=second(call.now))],
        description=request.get("Description"),
        tags=tags,
    )
    state.keep(policy)
    call.changed("iam.PolicyCreated", policy.arn, PolicyName=name, PolicyDocument=document, Tags=tags)
    shown = policy_shape(call, policy, full=True)
    shown.pop("Description", None)
    if not tags:
        del shown["Tags"]
    return {"Policy": shown}


def get_policy(call: Call, request: GetPolicyRequest) -> Response:
    """Describe a managed policy."""
    return {"Policy": policy_shape(call, call.state(IamState).policy(request["PolicyArn"]), full=True)}


def list_policies(call: Call, request: ListPoliciesRequest) -> Response:
    """List managed policies: customers' by name, then those of AWS's that are held."""
    state = call.state(IamState)
    scope, usage = request.get("Scope", "All"), state.usage()
    counts = {
        "PermissionsPolicy": usage.attached,
        "PermissionsBoundary": usage.boundaries,
        None: usage.attached + usage.boundaries,
    }[request.get("PolicyUsageFilter")]
    only_used = request.get("OnlyAttached", False) or "PolicyUsageFilter" in request
    found = [
        policy
        for policy in _of_scope(state, scope)
        if under(request.get("PathPrefix"), policy.path) and not (only_used and not counts[policy.arn])
    ]
    chosen, more = page(request, found, lambda policy: f"{policy.account == 'aws':d}{policy.key}")
    return {"Policies": [policy_shape(call, policy) for policy in chosen], **more}


def delete_policy(call: Call, request: DeletePolicyRequest) -> None:
    """Delete a managed policy that is attached to nobody and has its default version only."""
    state = call.state(IamState)
    policy = state.own_policy(request["PolicyArn"])
    usage = state.usage()
    if usage.attached[policy.arn] or usage.boundaries[policy.arn]:
        raise delete_conflict(
            "Cannot delete a policy attached to entities.",
            policy.arn,
            "Entities",
            [each.arn for each in _entities(state, policy.arn, "")],
            f"aws iam list-entities-for-policy --policy-arn {policy.arn}",
        )
    if len(policy.versions) > 1:
        others = [version.id for version in policy.versions if version.id != policy.default_id]
        raise delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy.",
            policy.arn,
            "Versions",
            others,
            *(f"aws iam delete-policy-version --policy-arn {policy.arn} --version-id {each}" for each in others),
        )
    state.drop(policy)
    call.changed("iam.PolicyDeleted", policy.arn, PolicyName=None)


def list_entities_for_policy(call: Call, request: ListEntitiesForPolicyRequest) -> Response:
    """List the identities that have a managed policy attached, or as their permissions boundary."""
    state = call.state(IamState)
    policy = state.policy(request["PolicyArn"])
    wanted = request.get("EntityFilter")
    found = [
        entity
        for entity in _entities(state, policy.arn, request.get("PolicyUsageFilter", ""))
        if under(request.get("PathPrefix"), entity.path) and (wanted is None or isinstance(entity, _KINDS[wanted]))
    ]
    chosen, more = page(request, found, lambda entity: f"{type(entity).__name__}/{entity.key}")
    return {
        "PolicyGroups": [{"GroupName": e.name, "GroupId": e.id} for e in chosen if isinstance(e, Group)],
        "PolicyUsers": [{"UserName": e.name, "UserId": e.id} for e in chosen if isinstance(e, User)],
        "PolicyRoles": [{"RoleName": e.name, "RoleId": e.id} for e in chosen if isinstance(e, Role)],
        **more,
    }


# EntityFilter also takes the kinds of policies, which are no entities of a policy.
_KINDS: dict[str, type | tuple[()]] = {
    "User": User,
    "Role": Role,
    "Group": Group,
    "LocalManagedPolicy": (),
    "AWSManagedPolicy": (),
}


def _entities(state: IamState, arn: str, usage: str) -> list[User | Group | Role]:
    """The identities that use a managed policy in a way, or (with an empty `usage`) in any."""
    return [
        each
        for each in state.identities()
        if (usage != "PermissionsBoundary" and arn in each.attached)
        or (usage != "PermissionsPolicy" and not isinstance(each, Group) and each.boundary == arn)
    ]


def _of_scope(state: IamState, scope: str) -> list[ManagedPolicy]:
    own = [] if scope == "AWS" else list(state.policies.values())
    return own if scope == "Local" else own + list(aws_managed.catalogue().values())
