"""How often parameters may be read: forty times a second together, or far more often when that is paid for.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html
"""

from __future__ import annotations

from typing import cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.ssm import limits
from foulweather.services.ssm.state import SsmState
from foulweather.world.world import World

HIGH_THROUGHPUT = "/ssm/parameter-store/high-throughput-enabled"
MILLI = 1000


class Buckets:
    """The fill of every bucket in use, in thousandths of a token, and when it was last looked at."""

    def __init__(self) -> None:
        self.fills: dict[tuple[str, str, str], tuple[int, int]] = {}

    @classmethod
    def of(cls, world: World) -> Buckets:
        """The buckets of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Buckets, found)


def check_read(call: Call) -> None:
    """Refuse a read for which the account has no throughput left."""
    setting = call.state(SsmState).settings.get(HIGH_THROUGHPUT)
    is_high = setting is not None and setting.value == "true"
    per_s = limits.HIGH_READS_PER_S[call.operation] if is_high else limits.READS_PER_S
    fills = Buckets.of(call.world).fills
    account = call.principal.account or call.account
    key = (account, call.region, call.operation if is_high else "")
    fill, at_ms = fills.get(key, (per_s * MILLI, call.now))
    fill = min(per_s * MILLI, fill + (call.now - at_ms) * per_s)
    if fill >= MILLI:
        fills[key] = fill - MILLI, call.now
        return
    fills[key] = fill, call.now
    call.happened("api.Throttled", call.resource, operation=f"ssm:{call.operation}")
    arn = call.arn("ssm", f"servicesetting{HIGH_THROUGHPUT}")
    facts = (
        Fact(account, "parameter reads", f"{per_s}/s"),
        call.fact(arn, "SettingValue", "true" if is_high else "false"),
    )
    remedy = () if is_high else (f"aws ssm update-service-setting --setting-id {arn} --setting-value true",)
    shared = call.operation if is_high else "GetParameter, GetParameters and GetParametersByPath together"
    why = Why("throttled", f"{shared} came faster than {per_s} a second in {call.region}.", facts, remedy)
    raise AwsError("ThrottlingException", "Rate exceeded", 400, why=why)
