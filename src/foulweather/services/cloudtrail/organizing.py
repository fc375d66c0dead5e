"""What an organization's trail or event data store needs of the organization.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact
from foulweather.policy import principal as principals
from foulweather.services.cloudtrail.checking import answered
from foulweather.services.cloudtrail.consuming import PRINCIPAL
from foulweather.services.cloudtrail.refusals import refused


def management(call: Call) -> Ports:
    """The other services, called in the management account by its root user's right: what CloudTrail's role may do."""
    guardrails = call.pipeline.guardrails
    account = guardrails.management_account(call.account) if guardrails is not None else ""
    return call.acting_as(principals.root(account or call.account), account=account or call.account)


async def organization(call: Call) -> dict[str, Any]:
    """The organization that the caller is in."""
    try:
        return (await answered(call.forwarded("cloudtrail").organizations.describe_organization({})))["Organization"]
    except AwsError as error:
        if error.code == "AWSOrganizationsNotInUseException":
            raise refused(
                "OrganizationsNotInUse",
                "The request could not be processed because your account is not a member of an organization.",
                Fact(call.account, "organization", None),
                because=error.why,
            ) from error
        if error.code == "AccessDeniedException":
            raise refused(
                "InsufficientDependencyServiceAccessPermission",
                "The IAM user or role does not have permission to call AWS Organizations.",
                because=error.why,
            ) from error
        raise


async def check_organization(call: Call) -> None:
    """Refuse who does not manage an organization with all features that trusts CloudTrail."""
    found = await organization(call)
    if found["MasterAccountId"] != call.account and not await _is_delegated(call):
        raise refused(
            "NotOrganizationMasterAccount",
            "The request could not be processed because your account isn't the management account or the delegated "
            "administrator account for the organization.",
            Fact(call.account, "management account", found["MasterAccountId"]),
        )
    if found["FeatureSet"] != "ALL":
        raise refused(
            "OrganizationNotInAllFeaturesMode",
            "The organization must have all features enabled.",
            Fact(found["Arn"], "FeatureSet", found["FeatureSet"]),
        )
    await check_access(call)


async def check_access(call: Call) -> None:
    """Refuse an organization that gives CloudTrail no trusted access."""
    listed = await answered(management(call).organizations.list_aws_service_access_for_organization({}))
    names = [each["ServicePrincipal"] for each in listed["EnabledServicePrincipals"]]
    if PRINCIPAL not in names:
        raise refused(
            "CloudTrailAccessNotEnabled",
            "Trusted access between AWS CloudTrail and AWS Organizations is not enabled.",
            Fact("organization", "services with access", names),
            remedy=(f"aws organizations enable-aws-service-access --service-principal {PRINCIPAL}",),
        )


async def _is_delegated(call: Call) -> bool:
    listed = await answered(
        management(call).organizations.list_delegated_administrators({"ServicePrincipal": PRINCIPAL})
    )
    return any(each["Id"] == call.account for each in listed["DelegatedAdministrators"])
