"""Policies attached to the root, to units and to accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import IN_FORCE, RCP_FULL_AWS_ACCESS, SCP, Account, Node, Policy, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def attach_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Put a policy over a root, unit or account, at once."""
    seat, policy, target = _policy_and_target(call, request)
    if policy.type not in seat.root.policy_types:
        arn = shapes.node_arn(seat.organization, seat.root)
        raise AwsError(
            "PolicyTypeNotEnabledException",
            "This operation can be performed only for enabled policy types.",
            facts=(call.fact(arn, "PolicyTypes", seat.root.policy_types),),
            remedy=(f"aws organizations enable-policy-type --root-id {seat.root.id} --policy-type {policy.type}",),
        )
    if policy.id in target.policies:
        raise AwsError(
            "DuplicatePolicyAttachmentException",
            "A policy with the specified name and type is already attached to the target.",
            facts=(call.fact(shapes.node_arn(seat.organization, target), "Policies", target.policies),),
        )
    attached = seat.state.attached(seat.organization, target, policy.type)
    attached_max = limits.ATTACHED_MAX.get(policy.type, limits.ATTACHED_ELSE_MAX)
    if len(attached) >= attached_max:
        raise refusals.constraint(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have attached the maximum number of policies to the specified target.",
            Fact(shapes.node_arn(seat.organization, target), "attached", [each.id for each in attached]),
            Fact(shapes.node_arn(seat.organization, target), "attached at most", attached_max),
        )
    target.policies.append(policy.id)
    _changed(call, seat, policy, target, "organizations.PolicyAttached")
    return {}


def detach_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take a policy off a root, unit or account; one service control policy must stay."""
    seat, policy, target = _policy_and_target(call, request)
    arn = shapes.node_arn(seat.organization, target)
    if policy.id not in target.policies:
        raise AwsError(
            "PolicyNotAttachedException",
            "The policy isn't attached to the specified target in the specified root.",
            facts=(call.fact(arn, "Policies", target.policies),),
        )
    if policy is RCP_FULL_AWS_ACCESS:
        raise refusals.invalid(
            "NON_DETACHABLE_POLICY", "You can't detach this AWS Managed Policy.", Fact(policy.id, "detachable", False)
        )
    attached = seat.state.attached(seat.organization, target, policy.type)
    if policy.type == SCP and len(attached) == 1:
        raise refusals.constraint(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You cannot remove the last policy attached to the specified target. You must have at least one attached "
            "at all times.",
            call.fact(arn, "Policies", target.policies),
        )
    target.policies.remove(policy.id)
    _changed(call, seat, policy, target, "organizations.PolicyDetached")
    return {}


def list_policies_for_target(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the policies of a type that are attached to a root, unit or account itself."""
    seat = callers.reader(call)
    target = _target(seat, request["TargetId"])
    kind = request["Filter"]
    found = seat.state.attached(seat.organization, target, kind) if kind in IN_FORCE else []
    return paging.page(request, "Policies", found, lambda policy: shapes.policy_summary(seat.organization, policy))


def list_targets_for_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show what a policy is attached to."""
    seat = callers.reader(call)
    policy = _policy(seat, request["PolicyId"])
    targets = seat.state.targets(seat.organization, policy.id)
    return paging.page(request, "Targets", targets, lambda node: _shown(seat, node))


def _shown(seat: callers.Seat, node: Node) -> dict[str, Any]:
    named = isinstance(node, Account | Unit)
    kind = "ACCOUNT" if isinstance(node, Account) else "ORGANIZATIONAL_UNIT" if named else "ROOT"
    arn = shapes.node_arn(seat.organization, node)
    return {"TargetId": node.id, "Arn": arn, "Name": node.name if named else "Root", "Type": kind}


def _policy_and_target(call: Call, request: Mapping[str, Any]) -> tuple[callers.Seat, Policy, Node]:
    seat = callers.management(call)
    return seat, _policy(seat, request["PolicyId"]), _target(seat, request["TargetId"])


def _policy(seat: callers.Seat, policy_id: str) -> Policy:
    policy = seat.state.policy(seat.organization, policy_id)
    if policy is None:
        raise refusals.not_found("PolicyNotFoundException", policy_id)
    return policy


def _target(seat: callers.Seat, target_id: str) -> Node:
    node = seat.state.node(seat.organization, target_id)
    if node is None:
        raise refusals.not_found("TargetNotFoundException", target_id)
    return node


def _changed(call: Call, seat: callers.Seat, policy: Policy, target: Node, kind: str) -> None:
    """Write an attachment down on both sides: a denial asks by policy, a reader of the tree by target."""
    seat.state.save(target)
    call.changed(kind, shapes.node_arn(seat.organization, target), Policies=list(target.policies))
    targets = [node.id for node in seat.state.targets(seat.organization, policy.id)]
    call.changed(kind, shapes.policy_arn(seat.organization, policy), Targets=targets)
