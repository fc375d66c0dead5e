"""What comes of a handshake that its recipient accepts."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, refusals, shapes
from foulweather.services.organizations.state import (
    ALL,
    DEFAULTS,
    ENABLE,
    INVITE,
    TRANSFER,
    Account,
    Handshake,
    OrganizationsState,
    email_of,
)


def is_recipient(call: Call, state: OrganizationsState, handshake: Handshake) -> bool:
    """Whether the caller's account is the one that is asked."""
    if handshake.action == ENABLE:
        return handshake.management_account == call.account
    return handshake.target in (call.account, email_of(call.account))


def check(call: Call, state: OrganizationsState, handshake: Handshake) -> None:
    """Refuse what cannot be agreed to."""
    present = state.organization_of(call.account)
    if handshake.action == INVITE and present is not None:
        raise refusals.handshake_constraint(
            "ALREADY_IN_AN_ORGANIZATION",
            "The invited account is already a member of an organization.",
            Fact(call.account, "organization", present.id),
        )
    if handshake.action == TRANSFER:
        callers.management(call)
        for each in state.transfers.values():
            if each.source == call.account and each.is_in_force(call.now):
                raise refusals.handshake_constraint(
                    "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS",
                    "You cannot perform this operation with the current transfer.",
                    Fact(each.id, "Status", each.status),
                )


def agree(call: Call, state: OrganizationsState, handshake: Handshake) -> None:
    """Carry out what was agreed."""
    if handshake.action == INVITE:
        _join(call, state, handshake)
    elif handshake.action == ENABLE:
        _enable(call, state, handshake)
    elif handshake.action == TRANSFER:
        _take_over(call, state, handshake)
    else:
        _approve(call, state, handshake)


def _join(call: Call, state: OrganizationsState, handshake: Handshake) -> None:
    organization = state.organizations[handshake.organization]
    root = state.roots[organization.root_id]
    account = Account(
        call.account,
        organization.id,
        root.id,
        f"Account {call.account}",
        email_of(call.account),
        "INVITED",
        call.now,
        policies=[DEFAULTS[kind].id for kind in root.policy_types if kind in DEFAULTS],
        tags=dict(handshake.tags),
    )
    state.save(account)
    call.changed("organizations.AccountJoined", shapes.node_arn(organization, account), Parent=root.id)


def _approve(call: Call, state: OrganizationsState, handshake: Handshake) -> None:
    """The last approval opens the management account's handshake."""
    whole = state.handshakes[handshake.parent]
    others = [each for each in state.handshakes.values() if each.parent == whole.id]
    if whole.state == "REQUESTED" and all(each.state == "ACCEPTED" for each in others):
        whole.state = "OPEN"
        state.save(whole)
        call.changed("organizations.HandshakeMoved", shapes.handshake_arn(whole), State=whole.state)


def _enable(call: Call, state: OrganizationsState, handshake: Handshake) -> None:
    organization = state.organizations[handshake.organization]
    organization.feature_set = ALL
    state.save(organization)
    call.changed("organizations.FeaturesEnabled", organization.arn, FeatureSet=ALL)


def _take_over(call: Call, state: OrganizationsState, handshake: Handshake) -> None:
    transfer = next(each for each in state.transfers.values() if each.handshake == handshake.id)
    transfer.source = call.account
    transfer.status = "ACCEPTED"
    state.save(transfer)
    call.changed("organizations.TransferAccepted", transfer.id, Status=transfer.status)
