"""What a service tells of its quotas (its `quotas.py`), and the values in force: Service Quotas changes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from foulweather.world.store import State, table

if TYPE_CHECKING:
    from foulweather.kernel.call import Call
    from foulweather.kernel.services import Services
    from foulweather.world.world import World

GLOBAL_REGION = "us-east-1"


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """A named quota with AWS's code for it, for which `QUOTAS` in a service's `quotas.py` has a row.

    `value` is AWS's default. `most` is the highest value that AWS documents (0: none). `is_read` says that the
    service asks `in_force` for it, so that an increase takes effect. `used` counts what there is of it.
    """

    service: str
    service_name: str
    code: str
    name: str
    value: int
    description: str = ""
    unit: str = "None"
    is_adjustable: bool = True
    is_global: bool = False
    is_read: bool = False
    most: int = 0
    used: Callable[[World, str, str], int] | None = None

    def region(self, region: str) -> str:
        """Where a value of it applies, as seen from a region."""
        return GLOBAL_REGION if self.is_global else region


class Applied(msgspec.Struct):
    """The value of a quota that is not AWS's default, and since when."""

    value: int
    since_ms: int


class AppliedQuotas(State):
    """The values of an account's quotas that were changed, in all its regions."""

    scope = "account"
    applied = table(Applied)


def in_force(world: World, quota: Quota, account: str, region: str) -> int:
    """The value of a quota that binds an account in a region."""
    found = world.state(AppliedQuotas, account).applied.get(_key(quota, region))
    return quota.value if found is None else found.value


def apply(call: Call, quota: Quota, account: str, region: str, value: int) -> None:
    """Put another value in force."""
    call.state(AppliedQuotas, account).applied.put(_key(quota, region), Applied(value, call.now))


def quotas_of(services: Services) -> dict[tuple[str, str], Quota]:
    """Every quota that a service tells of, by the service's code and the quota's."""
    found: dict[tuple[str, str], Quota] = {}
    for service in services.all():
        module = services.part_or_none(service, "quotas")
        told: Sequence[Any] = getattr(module, "QUOTAS", ())
        for quota in told:
            found[quota.service, quota.code] = quota
    return found


def _key(quota: Quota, region: str) -> str:
    return f"{quota.region(region)}/{quota.service}/{quota.code}"
