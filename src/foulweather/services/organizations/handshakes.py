"""Handshakes: invitations into an organization, and whatever else accounts are asked to agree to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.organizations import agreeing, callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import INVITE, LOWER, Handshake, OrganizationsState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foulweather.kernel.call import Call

    Concerns = Callable[[Call, OrganizationsState, Handshake], bool]


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
    enabling = state.enabling(seat.organization, call.now)
    if enabling is not None:
        raise refusals.handshake_constraint(
            "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
            "You can't issue new invitations to join an organization while it's in the process of enabling all "
            "features.",
            call.fact(shapes.handshake_arn(enabling), "State", enabling.state),
        )
    for account in state.accounts.values():
        if target["Id"] in (account.id, account.email):
            raise refusals.handshake_constraint(
                "ALREADY_IN_AN_ORGANIZATION",
                "The invited account is already a member of an organization.",
                Fact(account.id, "organization", account.organization),
            )
    for each in state.handshakes.values():
        same = (each.organization, each.target, each.action) == (seat.organization.id, target["Id"], INVITE)
        if same and each.state_at(call.now) == "OPEN":
            raise AwsError(
                "DuplicateHandshakeException",
                "A handshake with the same action and target already exists.",
                facts=(Fact(each.id, "State", each.state),),
            )
    limits.require_few_invitations(call, state, seat.organization)
    limits.require_room_for_account(call, state, seat.organization)
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
    """Agree: join the organization that invites, approve all its features, or hand a responsibility over."""
    state, handshake = _found(call, request, agreeing.is_recipient)
    agreeing.check(call, state, handshake)
    _move(call, state, handshake, "ACCEPTED")
    agreeing.agree(call, state, handshake)
    return {"Handshake": shapes.handshake(state, handshake, call.now)}


def decline_handshake(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse what is asked."""
    state, handshake = _found(call, request, agreeing.is_recipient)
    _move(call, state, handshake, "DECLINED")
    return {"Handshake": shapes.handshake(state, handshake, call.now)}


def cancel_handshake(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take back what was asked."""
    state, handshake = _found(call, request, _asks)
    _move(call, state, handshake, "CANCELED")
    for each in state.handshakes.values():
        if each.parent == handshake.id and each.state_at(call.now) == "OPEN":
            _move(call, state, each, "CANCELED")
    return {"Handshake": shapes.handshake(state, handshake, call.now)}


def describe_handshake(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show a handshake to who sent it or received it."""
    state, handshake = _found(call, request, _concerns)
    return {"Handshake": shapes.handshake(state, handshake, call.now)}


def list_handshakes_for_account(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show what the caller's account has been asked lately."""
    return _page(call, request, agreeing.is_recipient)


def list_handshakes_for_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show what the organization has asked lately."""
    organization = callers.reader(call).organization.id
    return _page(call, request, lambda _call, _state, each: each.organization == organization)


def _asks(call: Call, state: OrganizationsState, handshake: Handshake) -> bool:
    return handshake.management_account == call.account


def _concerns(call: Call, state: OrganizationsState, handshake: Handshake) -> bool:
    return _asks(call, state, handshake) or agreeing.is_recipient(call, state, handshake)


def _is_shown(call: Call, handshake: Handshake) -> bool:
    """Whether it still shows up: "for only 30 days after entering that state"."""
    return call.now < (handshake.ended_ms or handshake.expires_ms) + limits.HANDSHAKE_KEPT_MS


def _found(call: Call, request: Mapping[str, Any], concerns: Concerns) -> tuple[OrganizationsState, Handshake]:
    state = call.state(OrganizationsState)
    handshake = state.handshakes.get(request["HandshakeId"])
    if handshake is None or not concerns(call, state, handshake) or not _is_shown(call, handshake):
        raise refusals.not_found("HandshakeNotFoundException", request["HandshakeId"])
    return state, handshake


def _move(call: Call, state: OrganizationsState, handshake: Handshake, to: str) -> None:
    """Bring an open handshake to its end."""
    was = handshake.state_at(call.now)
    if was == to:
        raise AwsError(
            "HandshakeAlreadyInStateException",
            f"The specified handshake is already in the requested state: {to}.",
            facts=(call.fact(shapes.handshake_arn(handshake), "State", was),),
        )
    from_states = ("OPEN", "REQUESTED") if to == "CANCELED" else ("OPEN",)
    if was not in from_states or handshake.organization not in state.organizations:
        raise AwsError(
            "InvalidHandshakeTransitionException",
            "You can't perform the operation on the handshake in its current state.",
            facts=(call.fact(shapes.handshake_arn(handshake), "State", was),),
        )
    handshake.state = to
    handshake.ended_ms = call.now
    state.save(handshake)
    call.changed("organizations.HandshakeMoved", shapes.handshake_arn(handshake), State=to)


def _page(call: Call, request: Mapping[str, Any], concerns: Concerns) -> dict[str, Any]:
    asked = request.get("Filter", {})
    state = call.state(OrganizationsState)
    found = [
        each
        for each in state.handshakes.values()
        if concerns(call, state, each)
        and _is_shown(call, each)
        and asked.get("ActionType", each.action) == each.action
        and asked.get("ParentHandshakeId", each.parent) == each.parent
    ]
    return paging.page(request, "Handshakes", found, lambda each: shapes.handshake(state, each, call.now))
