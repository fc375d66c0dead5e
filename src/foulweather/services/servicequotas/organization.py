"""The template of the caller's organization: only its management account has one, and only in us-east-1."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.quotas import GLOBAL_REGION
from foulweather.kernel.why import Fact
from foulweather.services.servicequotas import limits
from foulweather.services.servicequotas.state import QuotasState, Template


def own_template(call: Call) -> Template:
    """The template, after all that must be so for the caller to have one."""
    if call.region != GLOBAL_REGION:
        raise AwsError(
            "TemplatesNotAvailableInRegionException",
            "The Service Quotas template is not available in this AWS Region.",
            facts=(Fact("request", "Region", call.region),),
        )
    guardrails = call.pipeline.guardrails
    management = guardrails.management_account(call.account) if guardrails is not None else ""
    if guardrails is None or not management:
        raise AwsError(
            "NoAvailableOrganizationException",
            "The AWS account making this call is not a member of an organization.",
            facts=(Fact(call.account, "organization", None),),
        )
    if management != call.account:
        raise AwsError(
            "AccessDeniedException",
            "You do not have sufficient permission to perform this action.",
            facts=(Fact(call.account, "management account", management),),
        )
    if not guardrails.has_all_features(call.account):
        raise AwsError(
            "OrganizationNotInAllFeaturesModeException",
            "The organization that your AWS account belongs to is not in All Features mode.",
            facts=(Fact(call.account, "all features", False),),
        )
    if not guardrails.has_access(call.account, limits.SERVICE):
        raise AwsError(
            "AWSServiceAccessNotEnabledException",
            "The action you attempted is not allowed unless Service Access with Service Quotas is enabled in your "
            "organization.",
            facts=(Fact(guardrails.organization_id(call.account), f"access of {limits.SERVICE}", False),),
            remedy=(f"aws organizations enable-aws-service-access --service-principal {limits.SERVICE}",),
        )
    return call.state(QuotasState).templates.get(call.account) or Template(call.account)


def saved(call: Call, template: Template) -> None:
    """Keep a template that was changed."""
    call.state(QuotasState).templates.put(call.account, template)
    call.changed(
        "service-quotas.TemplateSet",
        f"arn:aws:servicequotas::{call.account}:template",
        Associated=template.is_associated,
        Requests=sorted(template.requests),
    )
