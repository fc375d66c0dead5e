"""The organization whose tag policies are asked about: only its management account may, and only in us-east-1."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.directory import Guardrails
from foulweather.kernel.quotas import GLOBAL_REGION
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroupstaggingapi import limits


def governed(call: Call) -> Guardrails:
    """Who knows the organization, after all that must be so for its tag policies to be asked about."""
    guardrails = call.pipeline.guardrails
    if call.region != GLOBAL_REGION:
        raise limits.invalid(
            f"{call.operation} can be called only from the {GLOBAL_REGION} Region.",
            Fact("request", "Region", call.region),
        )
    management = guardrails.management_account(call.account) if guardrails is not None else ""
    if guardrails is None or management != call.account:
        raise limits.constraint(
            f"{call.operation} can be called only from the organization's management account.",
            Fact(call.account, "management account", management or None),
        )
    if not guardrails.has_access(call.account, limits.TAG_POLICIES):
        raise limits.constraint(
            "You must enable the tag policies service principal (tagpolicies.tag.amazonaws.com) to integrate with "
            "Organizations.",
            Fact(guardrails.organization_id(call.account), f"access of {limits.TAG_POLICIES}", False),
            remedy=(f"aws organizations enable-aws-service-access --service-principal {limits.TAG_POLICIES}",),
        )
    if not any(guardrails.effective_policy(each, "TAG_POLICY") for each in guardrails.members(call.account)):
        raise limits.constraint(
            "You must have a tag policy attached to the organization root, an OU, or an account.",
            Fact(guardrails.organization_id(call.account), "tag policies in force", 0),
        )
    return guardrails
