"""The quota of S3 that Service Quotas knows by a code of AWS's and can increase.

https://docs.aws.amazon.com/general/latest/gr/s3.html, whose links to the Service Quotas console have the code.
"""

from __future__ import annotations

from foulweather.kernel.quotas import GLOBAL_REGION, Quota, in_force
from foulweather.services.s3 import limits
from foulweather.services.s3.state import S3State
from foulweather.world.world import World


def _buckets(world: World, account: str, region: str) -> int:
    return sum(each.account == account for each in world.state(S3State).buckets.values())


BUCKETS = Quota(
    service="s3",
    service_name="Amazon Simple Storage Service (Amazon S3)",
    code="L-DC2B2D3D",
    name="General purpose buckets",
    value=limits.BUCKETS_MAX,
    most=1_000_000,
    is_global=True,
    is_read=True,
    used=_buckets,
)
QUOTAS = (BUCKETS,)


def buckets_max(world: World, account: str) -> int:
    """How many general purpose buckets an account may have."""
    return in_force(world, BUCKETS, account, GLOBAL_REGION)
