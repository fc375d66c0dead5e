"""What organizations say about accounts: the policies over them, and where they belong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.organizations import inheriting, s3_policies, shapes
from foulweather.services.organizations.state import ALL, RCP, S3_POLICY, SCP, OrganizationsState, Policy
from foulweather.world.world import World

Levels = list[list[Held]]
NO_LEVELS: Levels = []


class OrganizationGuardrails:
    """Policies by level for each account, kept until an organization of the world is changed."""

    def __init__(self, world: World) -> None:
        self._state = world.state(OrganizationsState)
        self._accounts = self._state.accounts
        self._revision = -1
        self._levels: dict[tuple[str, str], Levels] = {}
        self._paths: dict[str, str] = {}
        self._effective: dict[tuple[str, str], Mapping[str, Any] | None] = {}

    def service_control(self, account: str) -> Levels:
        """SCPs from the root down to the account, a list a level; empty when none are in force."""
        return self._of(account, SCP) if account in self._accounts else NO_LEVELS

    def resource_control(self, account: str) -> Levels:
        """RCPs from the root down to the account, a list a level; empty when none are in force."""
        return self._of(account, RCP) if account in self._accounts else NO_LEVELS

    def public_access_block(self, account: str) -> tuple[str, str] | None:
        """The S3 policy that is in force for an account, by ARN, and what it assigns (`all` or `none`), or None.

        Of what is assigned along the way from the root, the nearest to the account holds; the management account
        is under it like any other (AWS Organizations User Guide, Understanding declarative policy inheritance).
        """
        member = self._accounts.get(account)
        if member is None:
            return None
        state = self._state
        organization = state.organizations[member.organization]
        if S3_POLICY not in state.roots[organization.root_id].policy_types:
            return None
        for node in reversed(state.line(member)):
            for policy in state.attached(organization, node, S3_POLICY)[::-1]:
                return shapes.policy_arn(organization, policy), s3_policies.block_of(policy.content)
        return None

    def organization_id(self, account: str) -> str:
        """The organization that an account is in (`o-…`), or empty."""
        member = self._accounts.get(account)
        return member.organization if member is not None else ""

    def organization_path(self, account: str) -> str:
        """`o-…/r-…/ou-…/` of an account, or empty."""
        member = self._state.accounts.get(account)
        if member is None:
            return ""
        self._refresh()
        path = self._paths.get(account)
        if path is None:
            above = self._state.node(self._state.organizations[member.organization], member.parent)
            path = self._paths[account] = self._state.path_of(above) if above is not None else ""
        return path

    def management_account(self, account: str) -> str:
        """The management account of the organization that an account is in, or empty."""
        organization = self._state.organization_of(account)
        return organization.management_account if organization is not None else ""

    def members(self, account: str) -> list[str]:
        """The active accounts of the organization that an account is in, its management account too, or none."""
        organization = self._state.organization_of(account)
        if organization is None:
            return []
        return [each.id for each in self._state.members(organization) if each.state == "ACTIVE"]

    def has_all_features(self, account: str) -> bool:
        """Whether the organization that an account is in has all features enabled."""
        organization = self._state.organization_of(account)
        return organization is not None and organization.feature_set == ALL

    def has_access(self, account: str, service: str) -> bool:
        """Whether a service has trusted access to the organization that an account is in."""
        organization = self._state.organization_of(account)
        return organization is not None and service in organization.services

    def effective_policy(self, account: str, kind: str) -> Mapping[str, Any] | None:
        """What the management policies of a type over an account come to, or None."""
        member = self._accounts.get(account)
        if member is None:
            return None
        self._refresh()
        if (account, kind) not in self._effective:
            organization = self._state.organizations[member.organization]
            self._effective[account, kind] = inheriting.effective_policy(self._state, organization, member, kind)
        return self._effective[account, kind]

    def _refresh(self) -> None:
        if self._revision != self._state.revision:
            self._revision = self._state.revision
            self._levels.clear()
            self._paths.clear()
            self._effective.clear()

    def _of(self, account: str, kind: str) -> Levels:
        self._refresh()
        found = self._levels.get((account, kind))
        if found is None:
            found = self._levels[account, kind] = self._gathered(account, kind)
        return found

    def _gathered(self, account: str, kind: str) -> Levels:
        """The management account is under neither kind (AWS Organizations User Guide, SCPs and RCPs)."""
        state = self._state
        member = state.accounts[account]
        organization = state.organizations[member.organization]
        if account == organization.management_account or kind not in state.roots[organization.root_id].policy_types:
            return []

        def held(policy: Policy) -> Held:
            document_kind = "scp" if kind == SCP else "rcp"
            return Held(shapes.policy_arn(organization, policy), document_kind, parse(policy.content, document_kind))

        return [[held(policy) for policy in state.attached(organization, node, kind)] for node in state.line(member)]
