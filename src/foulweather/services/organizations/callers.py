"""Which account asks: one in an organization, its management account, or a delegate of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from foulweather.kernel.why import Fact
from foulweather.services.organizations import refusals
from foulweather.services.organizations.state import Organization, OrganizationsState, Root

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

# What a resource policy can delegate: AWS Organizations User Guide, "Supported actions in delegated policies".
DELEGABLE_WRITES = frozenset(
    {
        "AttachPolicy",
        "CreatePolicy",
        "DeletePolicy",
        "DetachPolicy",
        "DisablePolicyType",
        "EnablePolicyType",
        "TagResource",
        "UntagResource",
        "UpdatePolicy",
    }
)
DELEGABLE_READS = frozenset(
    {
        "DescribeAccount",
        "DescribeCreateAccountStatus",
        "DescribeEffectivePolicy",
        "DescribeHandshake",
        "DescribeOrganization",
        "DescribeOrganizationalUnit",
        "DescribePolicy",
        "DescribeResourcePolicy",
        "ListAWSServiceAccessForOrganization",
        "ListAccounts",
        "ListAccountsForParent",
        "ListChildren",
        "ListCreateAccountStatus",
        "ListDelegatedAdministrators",
        "ListDelegatedServicesForAccount",
        "ListHandshakesForAccount",
        "ListHandshakesForOrganization",
        "ListOrganizationalUnitsForParent",
        "ListParents",
        "ListPolicies",
        "ListPoliciesForTarget",
        "ListRoots",
        "ListTagsForResource",
        "ListTargetsForPolicy",
    }
)
# What any account of the organization, or even outside of it, may ask for without delegation.
OPEN = frozenset({"DescribeOrganization", "DescribeHandshake", "ListHandshakesForAccount"})


class Seat(NamedTuple):
    """An organization that a caller may see, and the state that holds it."""

    state: OrganizationsState
    organization: Organization

    @property
    def root(self) -> Root:
        """The root of the organization."""
        return self.state.roots[self.organization.root_id]


def member(call: Call) -> Seat:
    """Any account of an organization."""
    state = call.state(OrganizationsState)
    organization = state.organization_of(call.account)
    if organization is None:
        raise refusals.not_in_use(call.account)
    return Seat(state, organization)


def is_by_resource_policy(call: Call, state: OrganizationsState, organization: Organization) -> bool:
    """Whether the organization's resource policy decides about a call: the gate has then asked it."""
    if organization.resource_policy is None or call.account == organization.management_account:
        return False
    if call.operation in DELEGABLE_WRITES:
        return True
    return call.operation in DELEGABLE_READS - OPEN and not state.accounts[call.account].delegations


def management(call: Call) -> Seat:
    """The management account; or, where it delegated the operation, who may by its resource policy."""
    seat = member(call)
    if is_by_resource_policy(call, *seat):
        return seat
    if seat.organization.management_account != call.account:
        raise _not_management(call, seat.organization)
    return seat


def reader(call: Call) -> Seat:
    """The management account, or a delegated administrator of any service: it "grants read-only access".

    AWS Organizations API Reference, RegisterDelegatedAdministrator.
    """
    seat = member(call)
    if is_by_resource_policy(call, *seat):
        return seat
    account = seat.state.accounts[call.account]
    if seat.organization.management_account != call.account and not account.delegations:
        raise _not_management(call, seat.organization)
    return seat


def _not_management(call: Call, organization: Organization) -> Exception:
    return refusals.access_denied(
        Fact(organization.arn, "management account", organization.management_account),
        Fact(organization.arn, "caller's account", call.account),
        remedy=(f"call {call.operation} with credentials of the management account {organization.management_account}",),
    )
