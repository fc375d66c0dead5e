"""The organization itself, its root, and the types of policy in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import (
    ALL,
    DEFAULTS,
    LOWER,
    Account,
    Organization,
    OrganizationsState,
    Root,
    email_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def create_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Make the caller's account the management account of a new organization."""
    state = call.state(OrganizationsState)
    present = state.organization_of(call.account)
    if present is not None:
        raise AwsError(
            "AlreadyInOrganizationException",
            "The provided account is already a member of an organization.",
            facts=(Fact(call.account, "organization", present.arn),),
        )
    ids = call.world.ids
    feature_set = request.get("FeatureSet", ALL)
    organization = Organization(
        f"o-{ids.drawn(LOWER, 10)}", call.account, feature_set, call.now, f"r-{ids.drawn(LOWER, 4)}"
    )
    # The API reference has service control policies "automatically enabled in the root"; in truth every type is
    # disabled at first, and clients enable what they want (Terraform's enabled_policy_types fails on one that is on):
    # https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1901
    root = Root(organization.root_id, organization.id)
    management = Account(
        call.account,
        organization.id,
        root.id,
        f"Account {call.account}",
        email_of(call.account),
        "INVITED",
        call.now,
    )
    for row in (organization, root, management):
        state.save(row)
    call.changed("organizations.OrganizationCreated", organization.arn, FeatureSet=feature_set)
    call.changed("organizations.PolicyTypesSet", shapes.node_arn(organization, root), PolicyTypes=[])
    return {"Organization": shapes.organization(state, organization)}


def describe_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the organization that the caller's account is in."""
    seat = callers.member(call)
    return {"Organization": shapes.organization(seat.state, seat.organization)}


def delete_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """End an organization without member accounts."""
    seat = callers.management(call)
    others = [each.id for each in seat.state.members(seat.organization) if each.id != call.account]
    if others:
        raise AwsError(
            "OrganizationNotEmptyException",
            "To delete an organization you must first remove all member accounts (except the master).",
            facts=(Fact(seat.organization.arn, "member accounts", others),),
        )
    seat.state.forget_organization(seat.organization)
    call.changed("organizations.OrganizationDeleted", seat.organization.arn)
    return {}


def list_roots(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the root, with the types of policy that are in force in it."""
    seat = callers.reader(call)
    return paging.page(request, "Roots", [seat.root], lambda root: shapes.root(seat.organization, root))


def enable_policy_type(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Put a type of policy in force; where it has one, AWS's own policy, which allows all, is attached everywhere."""
    seat, root, kind = _root_and_type(call, request)
    if seat.organization.feature_set != ALL:
        raise refusals.constraint(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
            "This operation requires the organization to be configured to support all features.",
            call.fact(seat.organization.arn, "FeatureSet", seat.organization.feature_set),
        )
    if kind in root.policy_types:
        raise AwsError(
            "PolicyTypeAlreadyEnabledException",
            "The specified policy type is already enabled.",
            facts=(call.fact(shapes.node_arn(seat.organization, root), "PolicyTypes", root.policy_types),),
        )
    root.policy_types.append(kind)
    for node in seat.state.nodes(seat.organization):
        if kind in DEFAULTS:
            node.policies.append(DEFAULTS[kind].id)
        seat.state.save(node)
    return _with_types(call, seat, root)


def disable_policy_type(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take a type of policy out of force; every policy of it is detached, and stays so.

    https://docs.aws.amazon.com/organizations/latest/userguide/disable-policy-type.html
    """
    seat, root, kind = _root_and_type(call, request)
    if kind not in root.policy_types:
        raise AwsError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )
    root.policy_types.remove(kind)
    for node in seat.state.nodes(seat.organization):
        gone = {policy.id for policy in seat.state.attached(seat.organization, node, kind)}
        if gone:
            node.policies = [policy_id for policy_id in node.policies if policy_id not in gone]
            seat.state.save(node)
    return _with_types(call, seat, root)


def _root_and_type(call: Call, request: Mapping[str, Any]) -> tuple[callers.Seat, Root, str]:
    seat = callers.management(call)
    limits.require_in_force(request["PolicyType"], call.operation, "PolicyType")
    if request["RootId"] != seat.root.id:
        raise refusals.not_found("RootNotFoundException", request["RootId"])
    return seat, seat.root, request["PolicyType"]


def _with_types(call: Call, seat: callers.Seat, root: Root) -> dict[str, Any]:
    seat.state.save(root)
    arn = shapes.node_arn(seat.organization, root)
    call.changed("organizations.PolicyTypesSet", arn, PolicyTypes=list(root.policy_types))
    return {"Root": shapes.root(seat.organization, root)}
