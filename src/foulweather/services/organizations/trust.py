"""Services with trusted access to an organization, and the member accounts that administer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, limits, paging, refusals, shapes
from foulweather.services.organizations.state import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def enable_aws_service_access(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Let a service see the organization; without it, no account can be delegated its administration."""
    seat = callers.management(call)
    service = limits.checked_service(request["ServicePrincipal"])
    if service not in seat.organization.services:
        seat.organization.services[service] = call.now
        seat.state.save(seat.organization)
        _noted(call, seat)
    return {}


def disable_aws_service_access(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take a service's access away."""
    seat = callers.management(call)
    service = limits.checked_service(request["ServicePrincipal"])
    if seat.organization.services.pop(service, None) is not None:
        seat.state.save(seat.organization)
        _noted(call, seat)
    return {}


def list_aws_service_access_for_organization(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the services with access."""
    seat = callers.reader(call)
    return paging.page(
        request,
        "EnabledServicePrincipals",
        sorted(seat.organization.services.items()),
        lambda item: {"ServicePrincipal": item[0], "DateEnabled": item[1]},
    )


def register_delegated_administrator(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Let a member account administer a service for the organization, and read the organization."""
    seat = callers.management(call)
    service = limits.checked_service(request["ServicePrincipal"])
    account = _account(seat, request["AccountId"])
    if account.id == seat.organization.management_account:
        raise refusals.constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register master account/yourself as delegated administrator for your organization.",
        )
    if account.state != "ACTIVE":
        raise refusals.constraint(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as a delegated administrator.",
            call.fact(shapes.node_arn(seat.organization, account), "State", account.state),
        )
    if service in account.delegations:
        raise AwsError(
            "AccountAlreadyRegisteredException",
            "The provided account is already a delegated administrator for your organization.",
            facts=(Fact(account.id, "delegated services", sorted(account.delegations)),),
        )
    if service not in seat.organization.services:
        raise refusals.constraint(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You must first enable service access for this service principal.",
            Fact(seat.organization.arn, "services with access", sorted(seat.organization.services)),
            remedy=(f"aws organizations enable-aws-service-access --service-principal {service}",),
        )
    account.delegations[service] = call.now
    _saved(call, seat, account)
    return {}


def deregister_delegated_administrator(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take the administration of a service from a member account."""
    seat = callers.management(call)
    service = limits.checked_service(request["ServicePrincipal"])
    account = _account(seat, request["AccountId"])
    if service not in account.delegations:
        raise _not_registered(account)
    del account.delegations[service]
    _saved(call, seat, account)
    return {}


def list_delegated_administrators(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the accounts that administer some service, or a given one."""
    seat = callers.reader(call)
    service = request.get("ServicePrincipal")
    found = [
        each
        for each in seat.state.members(seat.organization)
        if (service in each.delegations if service is not None else each.delegations)
    ]
    return paging.page(request, "DelegatedAdministrators", found, lambda account: _administrator(seat, account))


def list_delegated_services_for_account(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show the services that an account administers."""
    seat = callers.reader(call)
    account = _account(seat, request["AccountId"])
    if not account.delegations:
        raise _not_registered(account)
    return paging.page(
        request,
        "DelegatedServices",
        sorted(account.delegations.items()),
        lambda item: {"ServicePrincipal": item[0], "DelegationEnabledDate": item[1]},
    )


def _account(seat: callers.Seat, account_id: str) -> Account:
    found = seat.state.node(seat.organization, account_id)
    if not isinstance(found, Account):
        raise refusals.not_found("AccountNotFoundException", account_id)
    return found


def _administrator(seat: callers.Seat, account: Account) -> dict[str, Any]:
    shown = shapes.account(seat.state, seat.organization, account)
    del shown["Paths"]
    return {**shown, "DelegationEnabledDate": min(account.delegations.values())}


def _not_registered(account: Account) -> AwsError:
    return AwsError(
        "AccountNotRegisteredException",
        "The provided account is not a registered delegated administrator for your organization.",
        facts=(Fact(account.id, "delegated services", sorted(account.delegations)),),
    )


def _noted(call: Call, seat: callers.Seat) -> None:
    services = sorted(seat.organization.services)
    call.changed("organizations.ServiceAccessSet", seat.organization.arn, Services=services)


def _saved(call: Call, seat: callers.Seat, account: Account) -> None:
    seat.state.save(account)
    arn = shapes.node_arn(seat.organization, account)
    call.changed("organizations.DelegationSet", arn, DelegatedServices=sorted(account.delegations))
