"""The quotas of AWS Organizations that Service Quotas knows by a code of AWS's.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from foulweather.kernel.quotas import Quota
from foulweather.services.organizations.state import OrganizationsState
from foulweather.world.world import World


def _accounts(world: World, account: str, region: str) -> int:
    state = world.state(OrganizationsState)
    organization = state.organization_of(account)
    return len(state.members(organization)) if organization is not None else 0


# "10 — The default maximum number of accounts allowed in an organization."
ACCOUNTS = Quota(
    service="organizations",
    service_name="AWS Organizations",
    code="L-E619E033",
    name="Default maximum number of accounts",
    value=10,
    is_global=True,
    is_read=True,
    used=_accounts,
)
QUOTAS = (ACCOUNTS,)
