"""Records as responses show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from foulweather.services.organizations.state import (
    ALL,
    SCP,
    TRANSFER,
    Account,
    AccountRequest,
    Handshake,
    Node,
    Organization,
    OrganizationsState,
    Policy,
    ResourcePolicy,
    Root,
    Transfer,
    Unit,
    email_of,
)

# An account's State names the phases that its older Status does not tell apart.
_STATUS = {"ACTIVE": "ACTIVE", "PENDING_CLOSURE": "PENDING_CLOSURE", "CLOSED": "SUSPENDED"}


def node_arn(organization: Organization, node: Node) -> str:
    """The ARN of a root, unit or account."""
    kind = "root" if isinstance(node, Root) else "ou" if isinstance(node, Unit) else "account"
    return organization.arn_of(kind, node.id)


def policy_arn(organization: Organization, policy: Policy) -> str:
    """The ARN of a policy."""
    kind = policy.type.lower()
    if policy.is_aws_managed:
        return f"arn:aws:organizations::aws:policy/{kind}/{policy.id}"
    return organization.arn_of("policy", f"{kind}/{policy.id}")


def resource_policy_arn(organization: Organization, policy: ResourcePolicy) -> str:
    """The ARN of the organization's resource policy."""
    return organization.arn_of("resourcepolicy", policy.id)


def handshake_arn(handshake: Handshake) -> str:
    """The ARN of a handshake."""
    return (
        f"arn:aws:organizations::{handshake.management_account}:handshake/"
        f"{handshake.organization}/{handshake.action.lower()}/{handshake.id}"
    )


def organization(state: OrganizationsState, found: Organization) -> dict[str, Any]:
    """`Organization`. AWS keeps showing service control policies here whatever the root has enabled."""
    management = state.accounts[found.management_account]
    return {
        "Id": found.id,
        "Arn": found.arn,
        "FeatureSet": found.feature_set,
        "MasterAccountArn": node_arn(found, management),
        "MasterAccountId": management.id,
        "MasterAccountEmail": management.email,
        "AvailablePolicyTypes": [{"Type": SCP, "Status": "ENABLED"}] if found.feature_set == ALL else [],
    }


def root(found: Organization, node: Root) -> dict[str, Any]:
    """`Root`."""
    return {
        "Id": node.id,
        "Arn": node_arn(found, node),
        "Name": "Root",
        "PolicyTypes": [{"Type": kind, "Status": "ENABLED"} for kind in node.policy_types],
    }


def unit(state: OrganizationsState, found: Organization, node: Unit) -> dict[str, Any]:
    """`OrganizationalUnit`."""
    return {"Id": node.id, "Arn": node_arn(found, node), "Name": node.name, "Path": state.path_of(node)}


def account(state: OrganizationsState, found: Organization, node: Account) -> dict[str, Any]:
    """`Account`."""
    return {
        "Id": node.id,
        "Arn": node_arn(found, node),
        "Email": node.email,
        "Name": node.name,
        "Status": _STATUS[node.state],
        "State": node.state,
        "Paths": [state.path_of(node)],
        "JoinedMethod": node.joined_method,
        "JoinedTimestamp": node.joined_ms,
    }


def policy_summary(found: Organization, policy: Policy) -> dict[str, Any]:
    """`PolicySummary`."""
    return {
        "Id": policy.id,
        "Arn": policy_arn(found, policy),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.is_aws_managed,
    }


def policy(found: Organization, policy: Policy) -> dict[str, Any]:
    """`Policy`."""
    return {"PolicySummary": policy_summary(found, policy), "Content": policy.content}


def request_status(request: AccountRequest) -> dict[str, Any]:
    """`CreateAccountStatus`."""
    shown: dict[str, Any] = {
        "Id": request.id,
        "AccountName": request.name,
        "State": request.state,
        "RequestedTimestamp": request.requested_ms,
    }
    if request.completed_ms:
        shown["CompletedTimestamp"] = request.completed_ms
    if request.account:
        shown["AccountId"] = request.account
    if request.failure:
        shown["FailureReason"] = request.failure
    return shown


def handshake(state: OrganizationsState, found: Handshake, now_ms: int) -> dict[str, Any]:
    """`Handshake`."""
    inviting = state.organizations.get(found.organization)
    management = state.accounts.get(found.management_account)
    resources: list[dict[str, Any]] = [
        {
            "Type": "ORGANIZATION",
            "Value": found.organization,
            "Resources": [
                {
                    "Type": "MASTER_EMAIL",
                    "Value": management.email if management is not None else email_of(found.management_account),
                },
                {"Type": "MASTER_NAME", "Value": management.name if management is not None else ""},
                {
                    "Type": "ORGANIZATION_FEATURE_SET",
                    "Value": inviting.feature_set if inviting is not None else ALL,
                },
            ],
        }
    ]
    parties = [{"Type": "ORGANIZATION", "Id": found.organization}]
    if found.target_type != "ORGANIZATION":
        resources.append({"Type": found.target_type, "Value": found.target})
        parties.append({"Type": found.target_type, "Id": found.target})
    if found.parent:
        resources.append({"Type": "PARENT_HANDSHAKE", "Value": found.parent})
    if found.action == TRANSFER:
        resources += _transferred(state, found)
    if found.notes:
        resources.append({"Type": "NOTES", "Value": found.notes})
    return {
        "Id": found.id,
        "Arn": handshake_arn(found),
        "Action": found.action,
        "State": found.state_at(now_ms),
        "RequestedTimestamp": found.requested_ms,
        "ExpirationTimestamp": found.expires_ms,
        "Parties": parties,
        "Resources": resources,
    }


def _transferred(state: OrganizationsState, found: Handshake) -> list[dict[str, Any]]:
    transfer = next(each for each in state.transfers.values() if each.handshake == found.id)
    return [
        {"Type": "RESPONSIBILITY_TRANSFER", "Value": transfer.id},
        {"Type": "TRANSFER_TYPE", "Value": "BILLING"},
        {"Type": "TRANSFER_START_TIMESTAMP", "Value": iso(transfer.start_ms)},
    ]


def transfer_arn(state: OrganizationsState, found: Transfer, viewer: str) -> str:
    """The ARN of a transfer, which differs from one side to the other."""
    side = "inbound" if viewer == found.target else "outbound"
    own = state.organization_of(viewer)
    organization_id = found.target_organization if side == "inbound" or own is None else own.id
    return f"arn:aws:organizations::{viewer}:transfer/{organization_id}/billing/{side}/{found.id}"


def transfer(state: OrganizationsState, found: Transfer, viewer: str, now_ms: int) -> dict[str, Any]:
    """`ResponsibilityTransfer`, as one of the two management accounts sees it."""

    def account(account_id: str) -> dict[str, str]:
        member = state.accounts.get(account_id)
        email = member.email if member is not None else email_of(account_id)
        return {"ManagementAccountId": account_id, "ManagementAccountEmail": email}

    handshake = state.handshakes[found.handshake]
    agreed = found.status in ("ACCEPTED", "WITHDRAWN")
    status = found.status if agreed else {"OPEN": "REQUESTED"}.get(now := handshake.state_at(now_ms), now)
    shown: dict[str, Any] = {
        "Arn": transfer_arn(state, found, viewer),
        "Name": found.name,
        "Id": found.id,
        "Type": "BILLING",
        "Status": status,
        "Source": account(found.source),
        "Target": account(found.target),
        "StartTimestamp": found.start_ms,
    }
    if found.end_ms:
        shown["EndTimestamp"] = found.end_ms
    if status == "REQUESTED":
        shown["ActiveHandshakeId"] = found.handshake
    return shown


def iso(at_ms: int) -> str:
    """A time in words of ISO 8601."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
