"""Centralized root access: what an organization's management account may do as root user of the member accounts.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html#id_root-user-access-management
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.directory import Guardrails
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy import principal as principals
from foulweather.services.iam.records import RootFeature
from foulweather.services.iam.state import RootAccess

Request = Mapping[str, Any]
_SERVICE: Final = "iam.amazonaws.com"
_CREDENTIALS: Final = "RootCredentialsManagement"
_SESSIONS: Final = "RootSessions"


async def enable_organizations_root_credentials_management(call: Call, request: Request) -> dict[str, Any]:
    """Let the credentials of member accounts' root users be managed centrally."""
    return _set(call, await _management(call, is_own=True), _CREDENTIALS, is_on=True)


async def disable_organizations_root_credentials_management(call: Call, request: Request) -> dict[str, Any]:
    """Let them be managed centrally no more."""
    return _set(call, await _management(call), _CREDENTIALS, is_on=False)


async def enable_organizations_root_sessions(call: Call, request: Request) -> dict[str, Any]:
    """Let privileged tasks be done in member accounts."""
    return _set(call, await _management(call, is_own=True), _SESSIONS, is_on=True)


async def disable_organizations_root_sessions(call: Call, request: Request) -> dict[str, Any]:
    """Let them be done no more."""
    return _set(call, await _management(call), _SESSIONS, is_on=False)


async def list_organizations_features(call: Call, request: Request) -> dict[str, Any]:
    """Which features of centralized root access are on."""
    return _shown(call, await _management(call))


async def _management(call: Call, *, is_own: bool = False) -> str:
    """The management account for which a caller speaks; with `is_own`, nobody else may."""
    guardrails = call.pipeline.guardrails
    if guardrails is None or not guardrails.organization_id(call.account):
        raise _refused(
            "OrganizationNotFoundException",
            "The request was rejected because no organization is associated with your account.",
            Fact(call.account, "organization", None),
        )
    management = guardrails.management_account(call.account)
    if management != call.account:
        if is_own:
            raise _refused(
                "CallerIsNotManagementAccountException",
                "The request was rejected because the account making the request is not the management account for "
                "the organization.",
                Fact(call.account, "management account", management),
            )
        await _check_delegated(call, management)
    _check_organization(call, guardrails)
    return management


def _check_organization(call: Call, guardrails: Guardrails) -> None:
    if not guardrails.has_all_features(call.account):
        raise _refused(
            "OrganizationNotInAllFeaturesModeException",
            "The request was rejected because your organization does not have All features enabled.",
            Fact(guardrails.organization_id(call.account), "FeatureSet", "CONSOLIDATED_BILLING"),
            "aws organizations enable-all-features",
        )
    if not guardrails.has_access(call.account, _SERVICE):
        raise _refused(
            "ServiceAccessNotEnabledException",
            "The request was rejected because trusted access is not enabled for IAM in Organizations.",
            Fact(guardrails.organization_id(call.account), f"access of {_SERVICE}", False),
            f"aws organizations enable-aws-service-access --service-principal {_SERVICE}",
        )


async def _check_delegated(call: Call, management: str) -> None:
    """Refuse an account to which the administration of IAM was not delegated."""
    ports = call.acting_as(principals.root(management), account=management)
    answer: Any = ports.organizations.list_delegated_administrators({"ServicePrincipal": _SERVICE})
    listed = await answer if inspect.isawaitable(answer) else answer
    if all(each["Id"] != call.account for each in listed["DelegatedAdministrators"]):
        raise _refused(
            "AccountNotManagementOrDelegatedAdministratorException",
            "The request was rejected because the account making the request is not the management account or "
            "delegated administrator account for centralized root access.",
            Fact(call.account, f"delegated administrator of {_SERVICE}", False),
        )


def _set(call: Call, management: str, feature: str, *, is_on: bool) -> dict[str, Any]:
    features = call.state(RootAccess, management).features
    if is_on != (feature in features):
        if is_on:
            features.put(feature, RootFeature(since_ms=call.now))
        else:
            features.delete(feature)
        call.changed("iam.RootAccessSet", principals.root(management).arn, **{feature: is_on})
    return _shown(call, management)


def _shown(call: Call, management: str) -> dict[str, Any]:
    guardrails = call.pipeline.guardrails
    organization = guardrails.organization_id(management) if guardrails is not None else ""
    return {
        "OrganizationId": organization,
        "EnabledFeatures": sorted(call.state(RootAccess, management).features),
    }


def _refused(code: str, message: str, fact: Fact, *remedy: str) -> AwsError:
    return AwsError(code, message, facts=(fact,), remedy=remedy)
