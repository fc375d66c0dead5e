"""No write is throttled at the rush's load, the table can follow twice of it, and by night it costs little."""

from __future__ import annotations

from typing import Any, cast

from stack import TABLE, Shop

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

THROTTLES = ("ProvisionedThroughputExceededException", "ThrottlingException")
CALM_MS = 10 * MINUTE_MS
"""What must be without a throttle: auto scaling is given the minutes before."""
NIGHT_UNITS_MAX = 200
RUSH_UNITS = 300
WRITES = "dynamodb:table:WriteCapacityUnits"


def _codes(lab: Lab, since_ms: int) -> int:
    codes = cast(Shop, lab.app("shop")).records.since(since_ms).codes
    return sum(codes.get(code, 0) for code in THROTTLES)


def _table(lab: Lab) -> dict[str, Any]:
    return lab.client("dynamodb").describe_table(TableName=TABLE)["Table"]


def _units(lab: Lab) -> Fact:
    provisioned = _table(lab)["ProvisionedThroughput"]["WriteCapacityUnits"]
    return shown(lab, lab.notes["table_arn"], "WriteCapacityUnits", provisioned)


def symptom(lab: Lab) -> Why | None:
    """A hundred throttled writes in ten minutes."""
    throttled = _codes(lab, max(lab.struck_at_ms, lab.now_ms - CALM_MS)) if lab.struck_at_ms else 0
    if throttled < 100:
        return None
    return unmended(f"{throttled} writes of the last ten minutes were throttled.", _units(lab))


def check(lab: Lab) -> Why | None:
    """The last ten minutes, then the state."""
    since_ms = max(lab.settling_since(lab.now_ms - HOUR_MS), lab.now_ms - CALM_MS)
    told, throttled = cast(Shop, lab.app("shop")).outcomes.since(since_ms), _codes(lab, since_ms)
    if throttled:
        cause = f"{throttled} writes were throttled in the last ten minutes, and {told.errors} of {told.calls} failed."
        return unmended(cause, _units(lab))
    return _state(lab) if lab.struck_at_ms else None


def _state(lab: Lab) -> Why | None:
    arn = lab.notes["table_arn"]
    if _table(lab).get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        most = _table(lab).get("OnDemandThroughput", {}).get("MaxWriteRequestUnits", -1)
        if 0 <= most < RUSH_UNITS:
            return unmended("On demand, and capped below the next rush.", shown(lab, arn, "OnDemandThroughput", most))
        return None
    scaling = lab.client("application-autoscaling")
    asked = {"ServiceNamespace": "dynamodb", "ScalableDimension": WRITES}
    targets = scaling.describe_scalable_targets(**asked, ResourceIds=["table/orders"])["ScalableTargets"]
    policies = scaling.describe_scaling_policies(**asked, ResourceId="table/orders")["ScalingPolicies"]
    if not targets or not policies:
        return unmended(
            "No write is throttled at this load. Nobody scales the table: by night it is paid for as it stands, and "
            "the next rush is the same page.",
            _units(lab),
        )
    low, high = targets[0]["MinCapacity"], targets[0]["MaxCapacity"]
    if low > NIGHT_UNITS_MAX:
        return unmended("The table is scaled, but never below what a rush needs.", Fact(arn, "MinCapacity", low))
    if high < RUSH_UNITS:
        return unmended("The table is scaled, but not as far as the next rush.", Fact(arn, "MaxCapacity", high))
    return None
