"""Organizations of a world: a root, organizational units, accounts, and the policies attached to them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from foulweather.world.ids import Ids
from foulweather.world.store import State, table

LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
ALL = "ALL"
SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
S3_POLICY = "S3_POLICY"
TAG_POLICY = "TAG_POLICY"
IN_FORCE = (SCP, RCP, S3_POLICY, TAG_POLICY)
# What a handshake is about.
INVITE = "INVITE"
ENABLE = "ENABLE_ALL_FEATURES"
TRANSFER = "TRANSFER_RESPONSIBILITY"


class ResourcePolicy(msgspec.Struct):
    """What an organization delegates to member accounts."""

    id: str
    content: str
    tags: dict[str, str] = {}


class Organization(msgspec.Struct):
    """An organization; `services` are those with trusted access, and since when."""

    id: str
    management_account: str
    feature_set: str
    created_ms: int
    root_id: str
    services: dict[str, int] = {}
    resource_policy: ResourcePolicy | None = None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.arn_of("organization", self.id, below=False)

    def arn_of(self, kind: str, rest: str, *, below: bool = True) -> str:
        """The ARN of something in it."""
        middle = f"{self.id}/" if below else ""
        return f"arn:aws:organizations::{self.management_account}:{kind}/{middle}{rest}"


class Root(msgspec.Struct):
    """The root; `policies` are the ids of those attached to it, in order."""

    id: str
    organization: str
    policy_types: list[str] = []
    policies: list[str] = []
    tags: dict[str, str] = {}


class Unit(msgspec.Struct):
    """An organizational unit."""

    id: str
    organization: str
    parent: str
    name: str
    policies: list[str] = []
    tags: dict[str, str] = {}


class Account(msgspec.Struct):
    """A member account, or the management account; `delegations` are the services it administers."""

    id: str
    organization: str
    parent: str
    name: str
    email: str
    joined_method: str
    joined_ms: int
    state: str = "ACTIVE"
    closed_ms: int = 0
    policies: list[str] = []
    tags: dict[str, str] = {}
    delegations: dict[str, int] = {}
    closing_ms: int = 0


Node = Root | Unit | Account


class Policy(msgspec.Struct):
    """A customer's policy, or (without an organization) one that AWS manages."""

    id: str
    organization: str
    type: str
    name: str
    description: str
    content: str
    tags: dict[str, str] = {}

    @property
    def is_aws_managed(self) -> bool:
        """Whether nobody may change it."""
        return not self.organization


class AccountRequest(msgspec.Struct):
    """A CreateAccount request and what became of it."""

    id: str
    organization: str
    name: str
    email: str
    role_name: str
    requested_ms: int
    state: str = "IN_PROGRESS"
    completed_ms: int = 0
    account: str = ""
    failure: str = ""
    tags: dict[str, str] = {}


class Handshake(msgspec.Struct):
    """What an account, or an organization, is asked to agree to; `parent` is the handshake that this one serves."""

    id: str
    organization: str
    management_account: str
    target_type: str
    target: str
    requested_ms: int
    expires_ms: int
    state: str = "OPEN"
    notes: str = ""
    tags: dict[str, str] = {}
    action: str = INVITE
    parent: str = ""
    ended_ms: int = 0

    def state_at(self, now_ms: int) -> str:
        """Its state: nobody needs to look for it to expire."""
        return "EXPIRED" if self.state in ("OPEN", "REQUESTED") and now_ms >= self.expires_ms else self.state


class Transfer(msgspec.Struct):
    """An arrangement by which `target` manages a responsibility, billing, for the organization of `source`.

    Both are management accounts; `name` is what the target calls it. `status` is the handshake's until that ends.
    """

    id: str
    handshake: str
    name: str
    source: str
    target: str
    target_organization: str
    start_ms: int
    end_ms: int = 0
    status: str = "REQUESTED"
    tags: dict[str, str] = {}

    def is_in_force(self, now_ms: int) -> bool:
        """Whether it was accepted, and has not ended."""
        return self.status in ("ACCEPTED", "WITHDRAWN") and not (self.end_ms and now_ms >= self.end_ms)


# What AWS attaches to every root, unit and account when the type of policy is enabled.
FULL_AWS_ACCESS = Policy(
    "p-FullAWSAccess",
    "",
    SCP,
    "FullAWSAccess",
    "Allows access to every operation",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
)
RCP_FULL_AWS_ACCESS = Policy(
    "p-RCPFullAWSAccess",
    "",
    RCP,
    "RCPFullAWSAccess",
    "Allows access to every resource",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
)
DEFAULTS = {SCP: FULL_AWS_ACCESS, RCP: RCP_FULL_AWS_ACCESS}
AWS_MANAGED = {policy.id: policy for policy in DEFAULTS.values()}


def email_of(account: str) -> str:
    """The address of an account's root user, where nobody gave another."""
    return f"aws+{account}@example.com"


class OrganizationsState(State):
    """All organizations of a world. `revision` counts the writes: what is derived is good for one revision."""

    scope = "world"
    organizations = table(Organization)
    roots = table(Root)
    units = table(Unit)
    accounts = table(Account)
    policies = table(Policy)
    requests = table(AccountRequest)
    handshakes = table(Handshake)
    transfers = table(Transfer)

    def opened(self) -> None:
        """Begin counting."""
        self.revision = 0

    # --- writes

    def save(self, row: Organization | Node | Policy | AccountRequest | Handshake | Transfer) -> None:
        """Insert a row, or have it written after a change in place."""
        self.revision += 1
        match row:
            case Organization():
                self.organizations.put(row.id, row)
            case Root():
                self.roots.put(row.id, row)
            case Unit():
                self.units.put(row.id, row)
            case Account():
                self.accounts.put(row.id, row)
            case Policy():
                self.policies.put(row.id, row)
            case AccountRequest():
                self.requests.put(row.id, row)
            case Handshake():
                self.handshakes.put(row.id, row)
            case Transfer():
                self.transfers.put(row.id, row)

    def forget_account(self, account: Account) -> None:
        """Take an account out of its organization."""
        self.revision += 1
        self.accounts.delete(account.id)

    def forget_unit(self, unit: Unit) -> None:
        """Take an empty unit away."""
        self.revision += 1
        self.units.delete(unit.id)

    def forget_policy(self, policy: Policy) -> None:
        """Take a policy away that is attached to nothing."""
        self.revision += 1
        self.policies.delete(policy.id)

    def forget_organization(self, organization: Organization) -> None:
        """Take an organization away with all that is in it."""
        self.revision += 1
        self.organizations.delete(organization.id)
        self.roots.delete(organization.root_id)
        for rows in (self.units, self.accounts, self.policies):
            for key in [row.id for row in rows.values() if row.organization == organization.id]:
                rows.delete(key)

    # --- ids

    def new_account_id(self, ids: Ids) -> str:
        """An account that nobody in the world's organizations has."""
        while (account := ids.account()) in self.accounts:
            pass
        return account

    # --- the tree

    def organization_of(self, account: str) -> Organization | None:
        """The organization that an account is in."""
        member = self.accounts.get(account)
        return self.organizations[member.organization] if member is not None else None

    def node(self, organization: Organization, node_id: str) -> Node | None:
        """The root, unit or account of an id, if it is in the organization."""
        found = self.roots.get(node_id) or self.units.get(node_id) or self.accounts.get(node_id)
        return found if found is not None and found.organization == organization.id else None

    def nodes(self, organization: Organization) -> Iterator[Node]:
        """The root, every unit and every account."""
        yield self.roots[organization.root_id]
        for rows in (self.units, self.accounts):
            yield from (row for row in rows.values() if row.organization == organization.id)

    def units_in(self, parent: str) -> list[Unit]:
        """The units right below a root or unit."""
        return [unit for unit in self.units.values() if unit.parent == parent]

    def accounts_in(self, parent: str) -> list[Account]:
        """The accounts right below a root or unit."""
        return [account for account in self.accounts.values() if account.parent == parent]

    def members(self, organization: Organization) -> list[Account]:
        """The accounts of an organization, the management account too."""
        return [account for account in self.accounts.values() if account.organization == organization.id]

    def line(self, node: Node) -> list[Node]:
        """A node and what is above it, from the root down."""
        line = [node]
        while not isinstance(node, Root):
            node = self.roots.get(node.parent) or self.units[node.parent]
            line.append(node)
        return line[::-1]

    def path_of(self, node: Node) -> str:
        """`o-…/r-…/ou-…/` down to the node."""
        return "/".join((node.organization, *(each.id for each in self.line(node)), ""))

    def enabling(self, organization: Organization, now_ms: int) -> Handshake | None:
        """The handshake by which an organization is about to enable all features, or None."""
        for each in self.handshakes.values():
            ours = (each.organization, each.action) == (organization.id, ENABLE)
            if ours and each.state_at(now_ms) in ("REQUESTED", "OPEN"):
                return each
        return None

    # --- policies

    def policy(self, organization: Organization, policy_id: str) -> Policy | None:
        """A policy of the organization, or one that AWS manages."""
        found = AWS_MANAGED.get(policy_id) or self.policies.get(policy_id)
        return found if found is not None and found.organization in ("", organization.id) else None

    def policies_of(self, organization: Organization, kind: str) -> list[Policy]:
        """All policies of a type that an organization can attach."""
        own = [each for each in self.policies.values() if (each.organization, each.type) == (organization.id, kind)]
        is_enabled = kind in self.roots[organization.root_id].policy_types
        return [DEFAULTS[kind], *own] if is_enabled and kind in DEFAULTS else own

    def attached(self, organization: Organization, node: Node, kind: str) -> list[Policy]:
        """The policies of a type that are attached to a node."""
        found = (self.policy(organization, policy_id) for policy_id in node.policies)
        return [policy for policy in found if policy is not None and policy.type == kind]

    def targets(self, organization: Organization, policy_id: str) -> list[Node]:
        """What a policy is attached to."""
        return [node for node in self.nodes(organization) if policy_id in node.policies]
