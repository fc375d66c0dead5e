"""What is asked, and the policies that have a say in it."""

from __future__ import annotations

from typing import Literal

import msgspec

from foulweather.policy.document import DocumentKind, Policy, Statement
from foulweather.policy.patterns import Context
from foulweather.policy.principal import Principal

# The kinds of policy as AWS's messages name them.
PolicyKind = Literal[
    "identity-based",
    "resource-based",
    "permissions boundary",
    "session",
    "service control",
    "resource control",
    "role trust",
    "grant",
]


class Ask(msgspec.Struct, frozen=True):
    """One request to judge; `context` has lower-case keys and is read only where a policy needs it.

    `resource_account` is the account that owns the resource, empty if there is none to name.
    `canonical_user` is the canonical user ID of the principal's account, for bucket policies.
    """

    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: Context
    canonical_user: str = ""

    @property
    def within_account(self) -> bool:
        """Whether the principal and the resource belong to one account."""
        return not self.resource_account or self.principal.account == self.resource_account


class Held(msgspec.Struct, frozen=True, eq=False):
    """A policy and where it came from: its ARN, `inline:NAME`, or the ARN of the resource."""

    source: str
    kind: DocumentKind
    policy: Policy


class PolicySet(msgspec.Struct):
    """Every policy that applies to a request.

    `scps` and `rcps` hold one list for each level, from the root through the organizational units to
    the account, and an empty level allows nothing; the management account has no levels.
    `resource_must_delegate`: the resource's policy must itself allow the request, or delegate it to
    the account, as with KMS keys; a role's trust policy always must. `grants` allow what they name
    beside the resource's policy, each as a policy of one statement.
    """

    identity: list[Held] = []
    boundary: Held | None = None
    session: list[Held] = []
    scps: list[list[Held]] = []
    rcps: list[list[Held]] = []
    resource: Held | None = None
    resource_must_delegate: bool = False
    grants: tuple[Held, ...] = ()

    @property
    def must_delegate(self) -> bool:
        """Whether nothing is allowed without the resource's own policy."""
        return self.resource_must_delegate or (self.resource is not None and self.resource.kind == "trust")

    @property
    def resource_kind(self) -> PolicyKind:
        """How AWS's messages name the resource's policy."""
        return "role trust" if self.resource is not None and self.resource.kind == "trust" else "resource-based"


# One statement that applies to the request, with the policy it is from.
Finding = tuple[PolicyKind, Held, Statement]
