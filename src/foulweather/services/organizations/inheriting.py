"""The management policies over an account, read together."""

from __future__ import annotations

import json
from typing import Any

from foulweather.services.organizations import inheritance, shapes
from foulweather.services.organizations.state import Account, Organization, OrganizationsState
from foulweather.world.world import World


def effective_policy(
    state: OrganizationsState, organization: Organization, account: Account, kind: str
) -> dict[str, Any] | None:
    """What the policies of a type over an account come to, or None; the management account is under them too."""
    if kind not in state.roots[organization.root_id].policy_types:
        return None
    return inheritance.effective(
        [json.loads(policy.content) for policy in state.attached(organization, node, kind)]
        for node in state.line(account)
    )


def names(state: OrganizationsState, organization: Organization, account: Account, kind: str) -> list[str]:
    """The ids of the policies of a type over an account."""
    return [policy.id for node in state.line(account) for policy in state.attached(organization, node, kind)]


def changed_ms(world: World, state: OrganizationsState, organization: Organization, account: Account, kind: str) -> int:
    """When the policies over an account, their texts, or its place were changed last."""
    sought = [(shapes.node_arn(organization, account), "Parent")]
    for node in state.line(account):
        sought.append((shapes.node_arn(organization, node), "Policies"))
        for policy in state.attached(organization, node, kind):
            sought.append((shapes.policy_arn(organization, policy), "Content"))
    events = (world.journal.last_change(arn, name) for arn, name in sought)
    return max((event.at_ms for event in events if event is not None), default=organization.created_ms)
