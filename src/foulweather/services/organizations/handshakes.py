"""Invitations of standalone accounts into an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import (
    DEFAULTS,
    LOWER,
    Account,
    Handshake,
    OrganizationsState,
    email_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.call import Call


def invite_account_to_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Invite an account, by its id or its root user's address; it has fifteen days to accept."""
    seat = callers.management(call)
    target = request["Target"]
    if target["Type"] not in ("ACCOUNT", "EMAIL"):
        raise refusals.invalid(
            "INVALID_PARTY_TYPE_TARGET",
            "You specified the wrong type of entity as a party.",
            Fact("Target", "Type", target["Type"]),
        )
    if target["Type"] == "ACCOUNT" and not (len(target["Id"]) == 12 and target["Id"].isdecimal()):
        raise refusals.invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
    tags = limits.checked_tags(request.get("Tags", ()), {})
    state = seat.state
    for account in state.accounts.values():
        if target["Id"] in (account.id, account.email):
            raise refusals.handshake_constraint(
                "ALREADY_IN_AN_ORGANIZATION",
                "The invited account is already a member of an organization.",
                Fact(account.id, "organization", account.organization),
            )
    for each in state.handshakes.values():
        same = (each.organization, each.target) == (seat.organization.id, target["Id"])
        if same and each.state == "OPEN" and not limits.is_over(each, call.now):
            raise AwsError(
                "DuplicateHandshakeException",
                "A handshake with the same action and target already exists.",
                facts=(Fact(each.id, "State", each.state),),
            )
    limits.require_room_for_account(state, seat.organization, call.now)
    handshake = Handshake(
        f"h-{call.world.ids.drawn(LOWER, 10)}",
        seat.organization.id,
        seat.organization.management_account,
        target["Type"],
        target["Id"],
        call.now,
        call.now + limits.HANDSHAKE_LIFE_MS,
        notes=request.get("Notes", ""),
        tags=tags,
    )
    state.save(handshake)
    call.changed("organizations.AccountInvited", shapes.handshake_arn(handshake), State=handshake.state)
    return {"Handshake": shapes.handshake(state, handshake, call.now)}


def accept_handshake(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Join the organization that invites the caller's account, right below its root."""
    state, handshake = _found(call, request, _is_invited)
    present = state.organization_of(call.account)
    if present is not None:
        raise refusals.handshake_constraint(
            "ALREADY_IN_AN_ORGANIZATION",
            "The invited account is already a member of an organization.",
            Fact(call.account, "organization", present.id),
        )
    response = _moved(call, state, handshake, "ACCEPTED")
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
    return response


def decline_handshake(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse an invitation."""
    state, handshake = _found(call, request, _is_invited)
    return _moved(call, state, handshake, "DECLINED")


def cancel_handshake(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take an invitation back."""
    state, handshake = _found(call, request, _invites)
    return _moved(call, state, handshake, "CANCELED")


def describe_handshake(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show an invitation to who sent it or received it."""
    state, handshake = _found(call, request, lambda call, each: _is_invited(call, each) or _invites(call, each))
    return {"Handshake": shapes.handshake(state, handshake, call.now)}


def list_handshakes_for_account(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the invitations that the caller's account has received lately."""
    return _page(call, request, _is_invited)


def list_handshakes_for_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the invitations that the organization has sent lately."""
    organization = callers.reader(call).organization.id
    return _page(call, request, lambda _, each: each.organization == organization)


def _is_invited(call: Call, handshake: Handshake) -> bool:
    return handshake.target in (call.account, email_of(call.account))


def _invites(call: Call, handshake: Handshake) -> bool:
    return handshake.management_account == call.account


def _is_shown(call: Call, handshake: Handshake) -> bool:
    return call.now < handshake.expires_ms + limits.HANDSHAKE_KEPT_MS


def _found(
    call: Call, request: Mapping[str, Any], concerns: Callable[[Call, Handshake], bool]
) -> tuple[OrganizationsState, Handshake]:
    state = call.state(OrganizationsState)
    handshake = state.handshakes.get(request["HandshakeId"])
    if handshake is None or not concerns(call, handshake) or not _is_shown(call, handshake):
        raise refusals.not_found("HandshakeNotFoundException", request["HandshakeId"])
    return state, handshake


def _moved(call: Call, state: OrganizationsState, handshake: Handshake, to: str) -> dict[str, Any]:
    """Bring an open handshake to its end."""
    was = "EXPIRED" if limits.is_over(handshake, call.now) else handshake.state
    if was == to:
        raise AwsError(
            "HandshakeAlreadyInStateException",
            f"The specified handshake is already in the requested state: {to}.",
            facts=(call.fact(shapes.handshake_arn(handshake), "State", was),),
        )
    if was != "OPEN" or handshake.organization not in state.organizations:
        raise AwsError(
            "InvalidHandshakeTransitionException",
            "You can't perform the operation on the handshake in its current state.",
            facts=(call.fact(shapes.handshake_arn(handshake), "State", was),),
        )
    handshake.state = to
    state.save(handshake)
    call.changed("organizations.HandshakeMoved", shapes.handshake_arn(handshake), State=to)
    return {"Handshake": shapes.handshake(state, handshake, call.now)}


def _page(call: Call, request: Mapping[str, Any], concerns: Callable[[Call, Handshake], bool]) -> dict[str, Any]:
    asked = request.get("Filter", {})
    if "ParentHandshakeId" in asked:
        raise not_implemented("organizations", f"{call.operation}.Filter.ParentHandshakeId")
    state = call.state(OrganizationsState)
    found = [
        each
        for each in state.handshakes.values()
        if concerns(call, each) and _is_shown(call, each) and asked.get("ActionType", "INVITE") == "INVITE"
    ]
    return paging.page(request, "Handshakes", found, lambda each: shapes.handshake(state, each, call.now))
