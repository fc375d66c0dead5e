"""The `Principal` and `NotPrincipal` elements: whom a statement names, and how directly."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from foulweather.policy.principal import Principal


class Naming(IntEnum):
    """How a statement names a principal; within one account, implicit denials elsewhere depend on it.

    IAM User Guide, Policy evaluation logic, "Resource-based policies and implicit denies in other
    policy types". An account is a delegation: it needs an identity-based policy to complete it.
    """

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


class PrincipalElement(msgspec.Struct, frozen=True):
    """Whom a statement names; `negated` for `NotPrincipal`."""

    negated: bool
    everyone: bool = False
    arns: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    federated: frozenset[str] = frozenset()
    canonical_users: frozenset[str] = frozenset()
    unique_ids: frozenset[str] = frozenset()
    written: tuple[str, ...] = ()

    def names(self, principal: Principal, canonical_user: str, *, denies: bool) -> Naming:
        """How the element names the principal, for a statement that denies or one that allows."""
        if not self.negated:
            return self._lists(principal, canonical_user)
        excepted = self._excepts(principal, canonical_user) if denies else self._lists(principal, canonical_user)
        return Naming.NOT if excepted else Naming.DIRECT

    def _lists(self, principal: Principal, canonical_user: str) -> Naming:
        if self.everyone or principal.arn in self.arns:
            return Naming.DIRECT
        kind = principal.kind
        if kind == "service":
            listed = principal.arn in self.services or "*" in self.services
            return Naming.DIRECT if listed else Naming.NOT
        if kind == "federated":
            listed = principal.arn in self.federated or "*" in self.federated
            return Naming.DIRECT if listed else Naming.NOT
        if principal.role_arn and principal.role_arn in self.arns:
            return Naming.ROLE
        if self.unique_ids and principal.user_id.partition(":")[0] in self.unique_ids:
            return Naming.ROLE if principal.role_arn else Naming.DIRECT
        if principal.account and principal.account in self.accounts:
            return Naming.DIRECT if kind == "root" else Naming.ACCOUNT
        if canonical_user and canonical_user in self.canonical_users:
            return Naming.DIRECT if kind == "root" else Naming.ACCOUNT
        return Naming.NOT

    def _excepts(self, principal: Principal, canonical_user: str) -> bool:
        """Whether `NotPrincipal` with `Deny` spares the principal.

        AWS may validate "the account first, then the role, and then the assumed-role user", so the
        exception must list every one of them (IAM User Guide, JSON policy elements: NotPrincipal).
        """
        if self.everyone:
            return True
        if principal.kind in ("service", "federated", "anonymous"):
            return self._lists(principal, canonical_user) is not Naming.NOT
        account = principal.account in self.accounts or (
            canonical_user != "" and canonical_user in self.canonical_users
        )
        if principal.kind == "root":
            return account
        role = not principal.role_arn or principal.role_arn in self.arns
        return account and role and principal.arn in self.arns
