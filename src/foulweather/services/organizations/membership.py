"""Member accounts that leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.services.organizations import callers, limits, refusals, shapes
from foulweather.services.organizations.state import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def remove_account_from_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Make a member account stand alone, no longer under any policy of the organization."""
    seat = callers.management(call)
    account = seat.state.node(seat.organization, request["AccountId"])
    if not isinstance(account, Account):
        raise refusals.not_found("AccountNotFoundException", request["AccountId"])
    _leave(call, seat, account)
    return {}


def leave_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Make the caller's own account stand alone."""
    seat = callers.member(call)
    _leave(call, seat, seat.state.accounts[call.account])
    return {}


def _leave(call: Call, seat: callers.Seat, account: Account) -> None:
    if account.id == seat.organization.management_account:
        raise AwsError(
            "MasterCannotLeaveOrganizationException",
            "You can't remove a management account from an organization. To delete the organization, remove all "
            "other member accounts first.",
        )
    limits.require_may_leave(account, call.now)
    seat.state.forget_account(account)
    call.changed("organizations.AccountLeft", shapes.node_arn(seat.organization, account), Parent=None)
