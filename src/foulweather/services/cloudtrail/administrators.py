"""Member accounts that administer the organization's trails and event data stores.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-delegated-administrator.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import limits, organizing
from foulweather.services.cloudtrail.checking import answered
from foulweather.services.cloudtrail.consuming import PRINCIPAL
from foulweather.services.cloudtrail.eagerly import Answer, at_once
from foulweather.services.cloudtrail.refusals import refused

Request = Mapping[str, Any]


def register_organization_delegated_admin(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Let a member account administer CloudTrail for the organization."""
    return at_once(_registered(call, request))


async def _registered(call: Call, request: Request) -> Answer:
    member: str = request["MemberAccountId"]
    await _check_caller(call)
    if member == call.account:
        raise refused(
            "CannotDelegateManagementAccount",
            "You cannot register the management account as delegated administrator.",
            Fact(member, "is the management account", True),
        )
    organizations = organizing.management(call).organizations
    listed = await answered(organizations.list_delegated_administrators({"ServicePrincipal": PRINCIPAL}))
    registered = [each["Id"] for each in listed["DelegatedAdministrators"]]
    if member in registered:
        message = f"The account {member} is already registered as delegated administrator."
        raise refused("AccountRegistered", message, Fact(member, "delegated administrator", True))
    if len(registered) >= limits.DELEGATED_MAX:
        message = f"An organization can have up to {limits.DELEGATED_MAX} CloudTrail delegated administrators."
        raise refused("DelegatedAdminAccountLimitExceeded", message, Fact("organization", "administrators", registered))
    await organizing.check_access(call)
    await _delegate(organizations.register_delegated_administrator, member)
    call.changed("cloudtrail.DelegatedAdminRegistered", _arn(member), DelegatedAdministrator=True)
    return {}


def deregister_organization_delegated_admin(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Take the administration from a member account."""
    return at_once(_deregistered(call, request))


async def _deregistered(call: Call, request: Request) -> Answer:
    member: str = request["DelegatedAdminAccountId"]
    await _check_caller(call)
    await _delegate(organizing.management(call).organizations.deregister_delegated_administrator, member)
    call.changed("cloudtrail.DelegatedAdminDeregistered", _arn(member), DelegatedAdministrator=False)
    return {}


async def _check_caller(call: Call) -> None:
    found = await organizing.organization(call)
    if found["MasterAccountId"] != call.account:
        raise refused(
            "NotOrganizationManagementAccount",
            "The account making the request is not the organization's management account.",
            Fact(call.account, "management account", found["MasterAccountId"]),
        )


async def _delegate(operation: Any, member: str) -> None:
    try:
        await answered(operation({"AccountId": member, "ServicePrincipal": PRINCIPAL}))
    except AwsError as error:
        if error.code == "AccountNotFoundException":
            message = f"The account {member} is not found in the organization."
            raise refused("AccountNotFound", message, Fact(member, "exists", False), because=error.why) from error
        if error.code == "AccountNotRegisteredException":
            message = f"The account {member} is not registered as delegated administrator."
            raise refused("AccountNotRegistered", message, because=error.why) from error
        raise


def _arn(account: str) -> str:
    return f"arn:aws:cloudtrail::{account}:delegated-administrator"
