"""The quotas of IAM that Service Quotas knows by a code of AWS's and can increase.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and, for the codes, the links of
https://docs.aws.amazon.com/general/latest/gr/iam-service.html to the Service Quotas console.
"""

from __future__ import annotations

from foulweather.kernel.quotas import GLOBAL_REGION, Quota, in_force
from foulweather.services.iam import limits
from foulweather.services.iam.state import IamState
from foulweather.world.world import World


def _roles(world: World, account: str, region: str) -> int:
    return len(world.state(IamState, account).roles)


def _instance_profiles(world: World, account: str, region: str) -> int:
    return len(world.state(IamState, account).instance_profiles)


ROLES = Quota(
    service="iam",
    service_name="AWS Identity and Access Management (IAM)",
    code="L-FE177D64",
    name="Roles per account",
    value=limits.ROLES,
    most=10_000,
    is_global=True,
    is_read=True,
    used=_roles,
)
INSTANCE_PROFILES = Quota(
    service="iam",
    service_name="AWS Identity and Access Management (IAM)",
    code="L-6E65F664",
    name="Instance profiles per account",
    value=limits.INSTANCE_PROFILES,
    is_global=True,
    is_read=True,
    used=_instance_profiles,
)
POLICIES_PER_ROLE = Quota(
    service="iam",
    service_name="AWS Identity and Access Management (IAM)",
    code="L-0DA4ABF3",
    name="Managed policies per role",
    value=limits.ATTACHED_POLICIES,
    most=25,
    is_global=True,
    is_read=True,
)
TRUST_POLICY_SIZE = Quota(
    service="iam",
    service_name="AWS Identity and Access Management (IAM)",
    code="L-C07B4B0D",
    name="Role trust policy length",
    value=limits.TRUST_POLICY_SIZE,
    most=8_192,
    is_global=True,
    is_read=True,
)
QUOTAS = (ROLES, INSTANCE_PROFILES, POLICIES_PER_ROLE, TRUST_POLICY_SIZE)


def of_account(world: World, quota: Quota, account: str) -> int:
    """The value of a quota that binds an account."""
    return in_force(world, quota, account, GLOBAL_REGION)
