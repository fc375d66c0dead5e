"""Every look at the page is served, the table can follow twice as many, and between newsletters it costs little."""

from __future__ import annotations

from typing import Any

from stack import TABLE, table_arn

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.functions import failing, unserved
from foulweather.kernel.why import Fact, Why

CALM_MS = 10 * MINUTE_MS
"""What must be without a throttle: auto scaling is given the minutes before."""
QUIET_UNITS_MAX, NEWSLETTER_UNITS = 20, 25
READS = "dynamodb:table:ReadCapacityUnits"


def symptom(lab: Lab) -> Why | None:
    """Twenty-five customers who saw no orders."""
    return failing(lab, "website", "{} customers saw none of their orders", at_least=25)


def check(lab: Lab) -> Why | None:
    """The last ten minutes, then the state."""
    since_ms = max(lab.settling_since(lab.now_ms - HOUR_MS), lab.now_ms - CALM_MS)
    if not lab.struck_at_ms:
        return unserved(lab, "website", lab.settling_since(lab.now_ms - HOUR_MS))
    return unserved(lab, "website", since_ms) or _state(lab)


def _table(lab: Lab) -> dict[str, Any]:
    return lab.client("dynamodb").describe_table(TableName=TABLE)["Table"]


def _state(lab: Lab) -> Why | None:
    arn, table = table_arn(lab), _table(lab)
    if table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        most = table.get("OnDemandThroughput", {}).get("MaxReadRequestUnits", -1)
        if 0 <= most < NEWSLETTER_UNITS:
            told = "On demand, and capped below the next newsletter."
            return unmended(told, shown(lab, arn, "OnDemandThroughput", most))
        return None
    units = shown(lab, arn, "ReadCapacityUnits", table["ProvisionedThroughput"]["ReadCapacityUnits"])
    scaling = lab.client("application-autoscaling")
    asked = {"ServiceNamespace": "dynamodb", "ScalableDimension": READS}
    targets = scaling.describe_scalable_targets(**asked, ResourceIds=[f"table/{TABLE}"])["ScalableTargets"]
    policies = scaling.describe_scaling_policies(**asked, ResourceId=f"table/{TABLE}")["ScalingPolicies"]
    if not targets or not policies:
        return unmended(
            "Nobody is refused now, and nobody scales the table's reads: it is paid for as it stands.", units
        )
    low, high = targets[0]["MinCapacity"], targets[0]["MaxCapacity"]
    if low > QUIET_UNITS_MAX:
        return unmended("The table is scaled, and never below what a newsletter needs.", Fact(arn, "MinCapacity", low))
    if high < NEWSLETTER_UNITS:
        return unmended("The table is scaled, not as far as the next newsletter.", Fact(arn, "MaxCapacity", high))
    return None
