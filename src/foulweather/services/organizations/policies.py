"""Service and resource control policies: written, changed and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import ALL, IN_FORCE, LOWER, Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def create_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Write a policy; it governs nobody until it is attached."""
    seat = callers.management(call)
    kind = request["Type"]
    limits.require_in_force(kind, call.operation, "Type")
    if seat.organization.feature_set != ALL:
        raise AwsError(
            "PolicyTypeNotAvailableForOrganizationException",
            "You can't use the specified policy type with the feature set currently enabled for this organization.",
            facts=(call.fact(seat.organization.arn, "FeatureSet", seat.organization.feature_set),),
        )
    limits.checked_content(request["Content"], kind)
    tags = limits.checked_tags(request.get("Tags", ()), {})
    _require_new_name(seat, kind, request["Name"])
    if len(seat.state.policies_of(seat.organization, kind)) > limits.POLICIES_MAX:
        raise refusals.constraint(
            "POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of policies for the organization."
        )
    policy = Policy(
        f"p-{call.world.ids.drawn(LOWER, 8)}",
        seat.organization.id,
        kind,
        request["Name"],
        request["Description"],
        request["Content"],
        tags,
    )
    return _saved(call, seat, policy, "organizations.PolicyCreated")


def update_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Change a policy, at once for everything that it is attached to."""
    seat = callers.management(call)
    policy = _own(seat, request["PolicyId"])
    content = request.get("Content", policy.content)
    name = request.get("Name", policy.name)
    limits.checked_content(content, policy.type)
    if name != policy.name:
        _require_new_name(seat, policy.type, name)
    policy.name = name
    policy.content = content
    policy.description = request.get("Description", policy.description)
    return _saved(call, seat, policy, "organizations.PolicyUpdated")


def delete_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take away a policy that is attached to nothing."""
    seat = callers.management(call)
    policy = _own(seat, request["PolicyId"])
    targets = [node.id for node in seat.state.targets(seat.organization, policy.id)]
    if targets:
        raise AwsError(
            "PolicyInUseException",
            "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts "
            "before performing this operation.",
            facts=(Fact(shapes.policy_arn(seat.organization, policy), "targets", targets),),
        )
    seat.state.forget_policy(policy)
    call.changed("organizations.PolicyDeleted", shapes.policy_arn(seat.organization, policy), Content=None)
    return {}


def describe_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show a policy with its text."""
    seat = callers.reader(call)
    policy = seat.state.policy(seat.organization, request["PolicyId"])
    if policy is None:
        raise refusals.not_found("PolicyNotFoundException", request["PolicyId"])
    return {"Policy": shapes.policy(seat.organization, policy)}


def list_policies(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show all policies of a type; of the types that cannot be created here there are none."""
    seat = callers.reader(call)
    kind = request["Filter"]
    found = seat.state.policies_of(seat.organization, kind) if kind in IN_FORCE else []
    return paging.page(request, "Policies", found, lambda policy: shapes.policy_summary(seat.organization, policy))


def _own(seat: callers.Seat, policy_id: str) -> Policy:
    policy = seat.state.policy(seat.organization, policy_id)
    if policy is None:
        raise refusals.not_found("PolicyNotFoundException", policy_id)
    if policy.is_aws_managed:
        raise refusals.invalid(
            "IMMUTABLE_POLICY",
            "You specified a policy that is managed by AWS and can't be modified.",
            Fact(policy.id, "AwsManaged", True),
        )
    return policy


def _require_new_name(seat: callers.Seat, kind: str, name: str) -> None:
    for policy in seat.state.policies_of(seat.organization, kind):
        if policy.name == name:
            raise AwsError(
                "DuplicatePolicyException",
                "A policy with the specified name and type already exists.",
                facts=(Fact(shapes.policy_arn(seat.organization, policy), "Name", name),),
            )


def _saved(call: Call, seat: callers.Seat, policy: Policy, kind: str) -> dict[str, Any]:
    seat.state.save(policy)
    call.changed(kind, shapes.policy_arn(seat.organization, policy), Content=policy.content, Name=policy.name)
    return {"Policy": shapes.policy(seat.organization, policy)}
