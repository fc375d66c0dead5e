"""Accounts: made, shown, moved and closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import ALL, LOWER, Account, AccountRequest, Root, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call

ACCESS_ROLE = "OrganizationAccountAccessRole"


def create_account(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for a new account; it is there some seconds later, with a role for the management account."""
    seat = callers.management(call)
    role = request.get("RoleName", ACCESS_ROLE)
    if role.startswith("AWSServiceRoleFor"):
        raise refusals.invalid(
            "INVALID_ROLE_NAME", "You provided a role name that isn't valid.", Fact(role, "RoleName", role)
        )
    if request.get("IamUserAccessToBilling") == "DENY":
        # Billing is not built, so that nothing would heed it.
        raise not_implemented("organizations", "CreateAccount.IamUserAccessToBilling=DENY")
    tags = limits.checked_tags(request.get("Tags", ()), {})
    limits.require_room_for_account(call, seat.state, seat.organization)
    mine = [each for each in seat.state.requests.values() if each.organization == seat.organization.id]
    at_once = sum(1 for each in mine if each.state == "IN_PROGRESS")
    if at_once >= limits.CREATIONS_AT_ONCE_MAX:
        raise AwsError(
            "TooManyRequestsException",
            "AWS Organizations can't complete your request because too many accounts are being created.",
            facts=(Fact(seat.organization.arn, "accounts being created", at_once),),
        )
    asked = AccountRequest(
        f"car-{call.world.ids.drawn(LOWER, 32)}",
        seat.organization.id,
        request["AccountName"],
        request["Email"],
        role,
        call.now,
        tags=tags,
    )
    seat.state.save(asked)
    call.later(call.now + limits.CREATION_MS, "organizations.finish_account", request_id=asked.id)
    call.happened("organizations.AccountRequested", seat.organization.arn, request=asked.id)
    return {"CreateAccountStatus": shapes.request_status(asked)}


def create_gov_cloud_account(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for an account with one in AWS GovCloud (US) beside it: no account of a world is linked to that."""
    seat = callers.management(call)
    raise refusals.constraint(
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
        "To complete this operation, the organization's management account must be associated with an account in the "
        "AWS GovCloud (US) Region.",
        Fact(seat.organization.management_account, "AWS GovCloud (US) account", None),
    )


def describe_create_account_status(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show how far the creation of an account is."""
    seat = callers.reader(call)
    found = seat.state.requests.get(request["CreateAccountRequestId"])
    if found is None or found.organization != seat.organization.id:
        raise refusals.not_found("CreateAccountStatusNotFoundException", request["CreateAccountRequestId"])
    return {"CreateAccountStatus": shapes.request_status(found)}


def list_create_account_status(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the creations of accounts, or those in some states."""
    seat = callers.reader(call)
    states = request.get("States") or ("IN_PROGRESS", "SUCCEEDED", "FAILED")
    found = [
        each
        for each in seat.state.requests.values()
        if each.organization == seat.organization.id and each.state in states
    ]
    return paging.page(request, "CreateAccountStatuses", found, shapes.request_status)


def describe_account(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show an account of the organization."""
    seat = callers.reader(call)
    return {"Account": shapes.account(seat.state, seat.organization, _account(seat, request["AccountId"]))}


def list_accounts(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show all accounts of the organization."""
    seat = callers.reader(call)
    return _page(request, seat, seat.state.members(seat.organization))


def list_accounts_for_parent(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the accounts right below a root or unit."""
    seat = callers.reader(call)
    parent = _parent(seat, request["ParentId"], "ParentNotFoundException")
    return _page(request, seat, seat.state.accounts_in(parent.id))


def move_account(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Put an account below another root or unit, whose policies are in force at once."""
    seat = callers.management(call)
    account = _account(seat, request["AccountId"])
    source = _parent(seat, request["SourceParentId"], "SourceParentNotFoundException")
    destination = _parent(seat, request["DestinationParentId"], "DestinationParentNotFoundException")
    if account.parent == destination.id:
        raise AwsError(
            "DuplicateAccountException",
            "The account is already present in the specified destination.",
            facts=(Fact(account.id, "parent", account.parent),),
        )
    if account.parent != source.id:
        raise refusals.not_found("SourceParentNotFoundException", source.id)
    account.parent = destination.id
    seat.state.save(account)
    call.changed("organizations.AccountMoved", shapes.node_arn(seat.organization, account), Parent=destination.id)
    return {}


def close_account(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Begin to close a member account; some seconds later it is suspended."""
    seat = callers.management(call)
    account = _account(seat, request["AccountId"])
    if account.id == seat.organization.management_account:
        raise refusals.constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account.")
    if seat.organization.feature_set != ALL:
        raise refusals.constraint(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "You can close an account when all features are enabled."
        )
    if account.state == "CLOSED":
        raise AwsError("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
    if account.state == "PENDING_CLOSURE":
        raise AwsError(
            "ConflictException", "The request failed because it conflicts with the current state of the account."
        )
    closing = [each.id for each in seat.state.members(seat.organization) if each.state == "PENDING_CLOSURE"]
    if len(closing) >= limits.CLOSURES_AT_ONCE_MAX:
        raise refusals.constraint(
            "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
            "You attempted to exceed the number of accounts that you can close at a time.",
            Fact(seat.organization.arn, "accounts being closed", closing),
        )
    limits.require_few_closures(call, seat.state, seat.organization)
    account.state = "PENDING_CLOSURE"
    account.closing_ms = call.now
    seat.state.save(account)
    call.later(call.now + limits.CLOSURE_MS, "organizations.finish_closure", account_id=account.id)
    call.changed("organizations.AccountClosing", shapes.node_arn(seat.organization, account), State=account.state)
    return {}


def _account(seat: callers.Seat, account_id: str) -> Account:
    found = seat.state.node(seat.organization, account_id)
    if not isinstance(found, Account):
        raise refusals.not_found("AccountNotFoundException", account_id)
    return found


def _parent(seat: callers.Seat, parent_id: str, code: str) -> Root | Unit:
    found = seat.state.node(seat.organization, parent_id)
    if found is None or isinstance(found, Account):
        raise refusals.not_found(code, parent_id)
    return found


def _page(request: Mapping[str, Any], seat: callers.Seat, accounts: list[Account]) -> dict[str, Any]:
    return paging.page(
        request, "Accounts", accounts, lambda account: shapes.account(seat.state, seat.organization, account)
    )
