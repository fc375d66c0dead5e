"""The quotas of IAM that Service Quotas knows by a code of AWS's and can increase.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and, for the codes, the links of
https://docs.aws.amazon.com/general/latest/gr/iam-service.html to the Service Quotas console.
"""

from __future__ import annotations

from collections.abc import Callable

from foulweather.kernel.quotas import GLOBAL_REGION, Quota, in_force
from foulweather.services.iam import limits
from foulweather.services.iam.state import IamState
from foulweather.world.world import World


def _count(table: str) -> Callable[[World, str, str], int]:
    """How many there are of what a table of IAM's holds."""

    def count(world: World, account: str, region: str) -> int:
        return len(getattr(world.state(IamState, account), table))

    return count


def _quota(
    code: str, name: str, value: int, most: int = 0, used: Callable[[World, str, str], int] | None = None
) -> Quota:
    return Quota(
        service="iam",
        service_name="AWS Identity and Access Management (IAM)",
        code=code,
        name=name,
        value=value,
        most=most,
        is_global=True,
        is_read=True,
        used=used,
    )


ROLES = _quota("L-FE177D64", "Roles per account", limits.ROLES, 10_000, _count("roles"))
INSTANCE_PROFILES = _quota(
    "L-6E65F664", "Instance profiles per account", limits.INSTANCE_PROFILES, used=_count("instance_profiles")
)
POLICIES_PER_ROLE = _quota("L-0DA4ABF3", "Managed policies per role", limits.ATTACHED_POLICIES, 25)
TRUST_POLICY_SIZE = _quota("L-C07B4B0D", "Role trust policy length", limits.TRUST_POLICY_SIZE, 8_192)
QUOTAS = (ROLES, INSTANCE_PROFILES, POLICIES_PER_ROLE, TRUST_POLICY_SIZE)


def of_account(world: World, quota: Quota, account: str) -> int:
    """The value of a quota that binds an account."""
    return in_force(world, quota, account, GLOBAL_REGION)
