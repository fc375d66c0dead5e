"""Transfers of a responsibility, billing, from one organization's management account to another's.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing.html
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import LOWER, TRANSFER, Handshake, Transfer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def invite_organization_to_transfer_responsibility(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Offer to pay another organization's bills, from the beginning of a month on."""
    seat = callers.management(call)
    target, start_ms = request["Target"], request["StartTimestamp"]
    if target["Type"] not in ("ACCOUNT", "EMAIL"):
        raise refusals.invalid(
            "INVALID_PARTY_TYPE_TARGET",
            "You specified the wrong type of entity as a party.",
            Fact("Target", "Type", target["Type"]),
        )
    _check_start(call, start_ms)
    tags = limits.checked_tags(request.get("Tags", ()), {})
    if target["Id"] in (call.account, seat.state.accounts[call.account].email):
        raise refusals.handshake_constraint(
            "SOURCE_AND_TARGET_CANNOT_MATCH",
            "An account can't accept a transfer invitation if it is both the sender and recipient of the invitation.",
            Fact("Target", "Id", target["Id"]),
        )
    for each in seat.state.handshakes.values():
        same = (each.organization, each.target, each.action) == (seat.organization.id, target["Id"], TRANSFER)
        if same and each.state_at(call.now) == "OPEN":
            raise AwsError(
                "DuplicateHandshakeException",
                "A handshake with the same action and target already exists.",
                facts=(Fact(each.id, "State", each.state),),
            )
    handshake = Handshake(
        f"h-{call.world.ids.drawn(LOWER, 10)}",
        seat.organization.id,
        call.account,
        target["Type"],
        target["Id"],
        call.now,
        call.now + limits.HANDSHAKE_LIFE_MS,
        notes=request.get("Notes", ""),
        action=TRANSFER,
    )
    source = target["Id"] if target["Type"] == "ACCOUNT" else _account_of(seat, target["Id"])
    transfer = Transfer(
        f"rt-{call.world.ids.drawn(LOWER, 10)}",
        handshake.id,
        request["SourceName"],
        source,
        call.account,
        seat.organization.id,
        start_ms,
        tags=tags,
    )
    seat.state.save(handshake)
    seat.state.save(transfer)
    call.changed("organizations.TransferRequested", transfer.id, Status=transfer.status, Name=transfer.name)
    return {"Handshake": shapes.handshake(seat.state, handshake, call.now)}


def describe_responsibility_transfer(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show a transfer to one of its two sides."""
    seat, transfer = _found(call, request["Id"])
    return _shown(call, seat, transfer)


def list_inbound_responsibility_transfers(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the transfers to the caller's organization."""
    seat = callers.management(call)
    found = [each for each in seat.state.transfers.values() if each.target == call.account]
    if "Id" in request:
        found = [each for each in found if each.id == request["Id"]]
        if not found:
            raise refusals.not_found("ResponsibilityTransferNotFoundException", request["Id"])
    return _page(call, seat, request, found)


def list_outbound_responsibility_transfers(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the transfers from the caller's organization."""
    seat = callers.management(call)
    found = [each for each in seat.state.transfers.values() if each.source == call.account]
    return _page(call, seat, request, found)


def update_responsibility_transfer(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Name a transfer anew: its name is the target's."""
    seat, transfer = _found(call, request["Id"])
    if transfer.target != call.account:
        raise refusals.not_found("ResponsibilityTransferNotFoundException", transfer.id)
    transfer.name = request["Name"]
    seat.state.save(transfer)
    call.changed("organizations.TransferRenamed", transfer.id, Name=transfer.name)
    return _shown(call, seat, transfer)


def terminate_responsibility_transfer(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Withdraw from a transfer: "either account involved … can withdraw"; it goes on to the end of a month."""
    seat, transfer = _found(call, request["Id"])
    end_ms = request.get("EndTimestamp", _month_end_ms(call.now))
    if end_ms // 1000 != _month_end_ms(end_ms) // 1000:
        raise refusals.invalid(
            "END_DATE_NOT_END_OF_MONTH", "You provided an end date that isn't the end of a month.", _at("End", end_ms)
        )
    if end_ms < call.now:
        raise refusals.invalid("END_DATE_TOO_EARLY", "You provided an end date that is too early.", _at("End", end_ms))
    if transfer.status == "WITHDRAWN":
        raise AwsError(
            "ResponsibilityTransferAlreadyInStatusException",
            "The responsibility transfer is already in the status that you specified.",
            facts=(call.fact(transfer.id, "Status", transfer.status),),
        )
    if transfer.status != "ACCEPTED":
        raise AwsError(
            "InvalidResponsibilityTransferTransitionException",
            "The responsibility transfer can't transition to the requested state because it's not in a valid state "
            "for this operation.",
            facts=(call.fact(transfer.id, "Status", transfer.status),),
        )
    transfer.status = "WITHDRAWN"
    transfer.end_ms = end_ms
    seat.state.save(transfer)
    call.changed("organizations.TransferWithdrawn", transfer.id, Status=transfer.status, EndTimestamp=end_ms)
    return _shown(call, seat, transfer)


def _month_end_ms(at_ms: int) -> int:
    """23:59:59 UTC on the last day of the month: "Transfers end at the end of the month"."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    end = datetime(at.year, at.month, monthrange(at.year, at.month)[1], 23, 59, 59, tzinfo=UTC)
    return int(end.timestamp()) * 1000


def _check_start(call: Call, start_ms: int) -> None:
    start = datetime.fromtimestamp(start_ms / 1000, UTC)
    if (start.hour, start.minute, start.second) != (0, 0, 0):
        raise refusals.invalid(
            "START_DATE_NOT_BEGINNING_OF_DAY",
            "You provided a start date that isn't the beginning of a day.",
            _at("Start", start_ms),
        )
    if start.day != 1:
        raise refusals.invalid(
            "START_DATE_NOT_BEGINNING_OF_MONTH",
            "You provided a start date that isn't the first day of a month.",
            _at("Start", start_ms),
        )
    if start_ms <= call.now:
        raise refusals.invalid(
            "START_DATE_TOO_EARLY", "You provided a start date that is too early.", _at("Start", start_ms)
        )


def _at(which: str, at_ms: int) -> Fact:
    return Fact("request", f"{which}Timestamp", shapes.iso(at_ms))


def _account_of(seat: callers.Seat, email: str) -> str:
    found = next((each.id for each in seat.state.accounts.values() if each.email == email), "")
    if not found:
        raise refusals.invalid(
            "INVALID_EMAIL_ADDRESS_TARGET",
            "You specified an invalid email address for the invited account owner.",
            Fact("Target", "Id", email),
        )
    return found


def _found(call: Call, transfer_id: str) -> tuple[callers.Seat, Transfer]:
    seat = callers.management(call)
    transfer = seat.state.transfers.get(transfer_id)
    if transfer is None or call.account not in (transfer.source, transfer.target):
        raise refusals.not_found("ResponsibilityTransferNotFoundException", transfer_id)
    return seat, transfer


def _shown(call: Call, seat: callers.Seat, transfer: Transfer) -> dict[str, Any]:
    return {"ResponsibilityTransfer": shapes.transfer(seat.state, transfer, call.account, call.now)}


def _page(call: Call, seat: callers.Seat, request: Mapping[str, Any], found: list[Transfer]) -> dict[str, Any]:
    return paging.page(
        request,
        "ResponsibilityTransfers",
        found,
        lambda each: shapes.transfer(seat.state, each, call.account, call.now),
    )
