"""The organization's resource policy: what it delegates to member accounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.organizations import callers, limits, refusals, shapes
from foulweather.services.organizations.state import LOWER, Organization, ResourcePolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def put_resource_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Write the policy by which member accounts may do some of what the management account may."""
    seat = callers.management(call)
    content: str = request["Content"]
    _check(content)
    organization = seat.organization
    present = organization.resource_policy
    tags = limits.checked_tags(request.get("Tags", ()), {})
    if present is not None and tags:
        # UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED: an existing one is tagged with TagResource.
        raise refusals.invalid(
            "INVALID_RESOURCE_POLICY_JSON",
            "You can't update an existing resource policy with tags.",
            Fact(shapes.resource_policy_arn(organization, present), "exists", True),
        )
    policy = present or ResourcePolicy(f"rp-{call.world.ids.drawn(LOWER, 8)}", content, tags)
    policy.content = content
    organization.resource_policy = policy
    seat.state.save(organization)
    arn = shapes.resource_policy_arn(organization, policy)
    call.changed("organizations.ResourcePolicySet", arn, Policy=content)
    return {"ResourcePolicy": _shown(organization, policy)}


def describe_resource_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the organization's resource policy."""
    seat = callers.reader(call)
    return {"ResourcePolicy": _shown(seat.organization, _present(seat.organization))}


def delete_resource_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Delegate no more."""
    seat = callers.management(call)
    policy = _present(seat.organization)
    seat.organization.resource_policy = None
    seat.state.save(seat.organization)
    arn = shapes.resource_policy_arn(seat.organization, policy)
    call.changed("organizations.ResourcePolicyDeleted", arn, Policy=None)
    return {}


def _present(organization: Organization) -> ResourcePolicy:
    if organization.resource_policy is None:
        raise AwsError(
            "ResourcePolicyNotFoundException",
            "We can't find a resource policy for this organization.",
            facts=(Fact(organization.arn, "resource policy", None),),
        )
    return organization.resource_policy


def _shown(organization: Organization, policy: ResourcePolicy) -> dict[str, Any]:
    arn = shapes.resource_policy_arn(organization, policy)
    return {"ResourcePolicySummary": {"Id": policy.id, "Arn": arn}, "Content": policy.content}


def _check(content: str) -> None:
    """It must parse, and delegate only what can be delegated."""
    try:
        document = parse(content, "resource")
    except PolicySyntaxError as error:
        raise refusals.invalid(
            "INVALID_RESOURCE_POLICY_JSON",
            "The provided resource policy document is invalid.",
            Fact("policy", "Content", error.message),
        ) from None
    delegable = callers.DELEGABLE_WRITES | callers.DELEGABLE_READS
    for statement in document.statements:
        if statement.actions.negated:
            raise _unsupported("NotAction")
        for action in statement.actions.written:
            service, _, name = action.partition(":")
            pattern = re.compile(re.escape(name).replace(r"\*", ".*").replace(r"\?", "."), re.IGNORECASE)
            covered = [each for each in ServiceModel.load("organizations").operations() if pattern.fullmatch(each)]
            # `Describe*` may cover what cannot be delegated: that stays with the management account all the same.
            refused = [each for each in covered if each not in delegable and not each.startswith(("Describe", "List"))]
            if service.lower() != "organizations" or refused or delegable.isdisjoint(covered):
                raise _unsupported(action)


def _unsupported(action: str) -> AwsError:
    return refusals.invalid(
        "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
        "You specified an action that isn't supported in a resource policy.",
        Fact("policy", "Action", action),
    )
