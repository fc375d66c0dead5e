"""Calculators of moving and of recovering: transfer time, transfer method, recovery strategy."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from foulweather.drilling.calculators.calculator import (
    Calculator,
    Correction,
    Example,
    Worked,
    output,
    step,
)
from foulweather.drilling.calculators.formula import Scope
from foulweather.drilling.calculators.inputs import Input, count, quantity

TRANSFER_TIME = Calculator(
    id="calc-transfer-time",
    title="Transfer time",
    answers="How long data takes over a link, and which link a deadline needs.",
    inputs=(
        quantity("tb", "80", "data (1 TB is 10^12 bytes)", "TB", "0.000001", "10000000"),
        quantity("mbps", "100", "the link", "Mbps", "0.001", "10000000"),
        quantity("utilisation_percent", "100", "share of the link that the transfer gets", "%", "1", "100"),
        quantity("deadline_days", "14", "when it has to be there", "days", "0.01", "36500"),
    ),
    steps=(
        step("megabits", "tb × 1000000 × 8", "Mbit", "Data"),
        step("usable_mbps", "mbps × utilisation_percent ÷ 100", "Mbps", "Usable of the link"),
        output("days", "megabits ÷ usable_mbps ÷ 86400", "days", "Takes"),
        output(
            "required_mbps",
            "megabits ÷ (deadline_days × 86400) ÷ (utilisation_percent ÷ 100)",
            "Mbps",
            "Link that the deadline needs",
        ),
        output("fits", "when(days ≤ deadline_days, 'yes', 'no')", "", "In time"),
    ),
    assumptions=("Decimal units, no protocol overhead, no retries: a real transfer takes longer.",),
    sources=(
        "https://docs.aws.amazon.com/datasync/latest/userguide/what-is-datasync.html",
        "https://docs.aws.amazon.com/whitepapers/latest/overview-aws-cloud-data-migration-services/"
        "overview-aws-cloud-data-migration-services.html",
    ),
    examples=(
        Example("80 TB over 100 Mbps", {}, {"days": "74.0741 days", "required_mbps": "529.1005 Mbps", "fits": "no"}),
        Example("The same at 80 %", {"utilisation_percent": "80"}, {"days": "92.5926 days"}),
        Example("80 TB over 1 Gbps", {"mbps": "1000"}, {"days": "7.4074 days", "fits": "yes"}),
    ),
)

MIGRATION_METHOD = Calculator(
    id="calc-migration-method",
    title="Transfer method",
    answers="Whether data can go over the link in time, and how many devices it would fill.",
    inputs=(
        quantity("tb", "80", "data (1 TB is 10^12 bytes)", "TB", "0.000001", "10000000"),
        quantity("deadline_days", "14", "when it has to be there", "days", "0.01", "36500"),
        quantity("mbps", "100", "the link", "Mbps", "0.001", "10000000"),
        quantity("utilisation_percent", "100", "share of the link that the transfer gets", "%", "1", "100"),
        quantity(
            "usable_tb", "80", "usable capacity of a device (80 in the old one, 210 in the new)", "TB", "1", "1000"
        ),
        count("spares", 1, "devices in reserve", "devices", 0, 100),
    ),
    steps=(
        output("days", "tb × 1000000 × 8 ÷ (mbps × utilisation_percent ÷ 100) ÷ 86400", "days", "Over the link"),
        output("devices", "ceil(tb ÷ usable_tb)", "devices", "Devices that it fills"),
        output("devices_ordered", "devices + spares", "devices", "Devices with those in reserve"),
        output(
            "method",
            "when(days < deadline_days, 'online: DataSync, over the internet or Direct Connect',"
            " when(tb > 100000, 'Snowmobile, once (retired): today a wider link, or Data Transfer Terminal',"
            " 'offline: devices (Snowball Edge), or a wider link'))",
            "",
            "Method",
        ),
    ),
    assumptions=(
        "Offline takes about 7 to 12 days whatever the size: order, copy, ship, import; plan a device that fails.",
        "Snowball Edge is open to earlier customers only since 7 November 2025: new ones use DataSync, Direct Connect"
        " or a Data Transfer Terminal.",
        "Snowmobile carried up to 100 PB and was retired in 2024.",
    ),
    sources=(
        "https://docs.aws.amazon.com/snowball/latest/developer-guide/limits.html",
        "https://docs.aws.amazon.com/datasync/latest/userguide/what-is-datasync.html",
        "https://aws.amazon.com/data-transfer-terminal/",
    ),
    corrections=(
        Correction("Snowmobile above 100 PB", "retired", "no longer offered since 2024"),
        Correction("80 TB a device", "210 TB", "the Storage Optimized device that replaced it"),
    ),
    examples=(
        Example(
            "80 TB in 14 days over 100 Mbps",
            {},
            {
                "days": "74.0741 days",
                "devices": "1 device",
                "devices_ordered": "2 devices",
                "method": "offline: devices (Snowball Edge), or a wider link",
            },
        ),
        Example(
            "The same over 1 Gbps",
            {"mbps": "1000"},
            {"method": "online: DataSync, over the internet or Direct Connect"},
        ),
        Example(
            "101 PB",
            {"tb": "101000"},
            {"method": "Snowmobile, once (retired): today a wider link, or Data Transfer Terminal"},
        ),
    ),
)


class Strategy(msgspec.Struct, frozen=True):
    """A recovery strategy: what it can keep to, and what it costs beside the primary site."""

    name: str
    rpo_minutes: Decimal
    rto_minutes: Decimal
    share_percent: Decimal
    keeps_running: str


STRATEGIES = (
    Strategy("backup and restore", Decimal(60), Decimal(1440), Decimal(5), "nothing but backups"),
    Strategy("pilot light", Decimal(10), Decimal(60), Decimal(15), "the data, replicated; servers are switched off"),
    Strategy("warm standby", Decimal(1), Decimal(10), Decimal(40), "everything, scaled down"),
    Strategy("multi-site active/active", Decimal(0), Decimal(0), Decimal(100), "everything, at full size"),
)
"""Cheapest first. The order and the magnitudes are AWS's whitepaper's; the exact figures are rules of thumb."""


def _strategy(scope: Scope) -> list[Worked]:
    rpo, rto = scope.values["rpo"], scope.values["rto"]
    assert isinstance(rpo, Decimal)
    assert isinstance(rto, Decimal)
    tried: list[str] = []
    for strategy in STRATEGIES:
        attains = f"RPO {_span(strategy.rpo_minutes)}, RTO {_span(strategy.rto_minutes)}"
        if strategy.rpo_minutes <= rpo and strategy.rto_minutes <= rto:
            break
        tried.append(f"{strategy.name} ({attains}): too slow")
    else:
        raise AssertionError("active/active keeps to everything")
    chosen, keeps, share = DR_STEPS
    reached = "; ".join([*tried, f"{strategy.name} ({attains}): enough"])
    return [
        Worked(chosen, f"RPO {_span(rpo)}, RTO {_span(rto)}: {reached}", strategy.name),
        Worked(keeps, strategy.name, strategy.keeps_running),
        Worked(share, strategy.name, strategy.share_percent),
    ]


def _span(minutes: Decimal) -> str:
    if minutes >= 1440 and minutes % 1440 == 0:
        return f"{minutes / 1440:f} d"
    if minutes >= 60 and minutes % 60 == 0:
        return f"{minutes / 60:f} h"
    return f"{minutes.normalize():f} min" if minutes else "0"


DR_STEPS = (
    output("strategy", "the cheapest strategy that attains rpo and rto", "", "Strategy"),
    output("keeps_running", "what the strategy keeps running in the other Region", "", "Kept running"),
    output("share_percent", "the strategy's cost beside the primary site", "%", "Cost, as a rule of thumb"),
)

DR_STRATEGY = Calculator(
    id="calc-dr-strategy",
    title="Recovery strategy",
    answers="The cheapest disaster recovery strategy that keeps to an RPO and an RTO, and whether a budget allows it.",
    inputs=(
        Input(
            name="rpo",
            kind="duration",
            default="1h",
            help="data that may be lost (15m, 4h, 1d; 0 for none)",
            unit="min",
            most=Decimal(525_600),
        ),
        Input(
            name="rto",
            kind="duration",
            default="4h",
            help="time until it serves again (15m, 4h, 1d; 0 for none)",
            unit="min",
            most=Decimal(525_600),
        ),
        quantity("primary_per_month", "0", "what the primary site costs a month", "USD"),
        quantity("budget_per_month", "0", "what recovery may cost a month; 0 for no limit", "USD"),
    ),
    rule=_strategy,
    rule_steps=DR_STEPS,
    steps=(
        output("cost", "primary_per_month × share_percent ÷ 100", "USD", "Estimated cost a month"),
        output(
            "in_budget",
            "when(budget_per_month > 0, when(cost ≤ budget_per_month, 'yes', 'no: the objectives or the budget must"
            " give way'), 'no limit given')",
            "",
            "In budget",
        ),
    ),
    assumptions=(
        "Backup and restore: hours to days. Pilot light: minutes of data, up to hours to serve. Warm standby: seconds"
        " to minutes. Active/active: near zero, not zero, and never against a deletion that replicates.",
        "The cost shares (5, 15, 40, 100 %) are rules of thumb, not AWS's.",
        "An objective that was never rehearsed is a wish.",
    ),
    sources=(
        "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/"
        "disaster-recovery-options-in-the-cloud.html",
    ),
    examples=(
        Example("RPO 1 h, RTO 4 h", {"rpo": "1h", "rto": "4h"}, {"strategy": "pilot light"}),
        Example("RPO 5 min, RTO 15 min", {"rpo": "5m", "rto": "15m"}, {"strategy": "warm standby"}),
        Example("Nothing lost, never down", {"rpo": "0", "rto": "0"}, {"strategy": "multi-site active/active"}),
        Example("RPO 24 h, RTO 24 h", {"rpo": "24h", "rto": "24h"}, {"strategy": "backup and restore"}),
    ),
)

__all__ = ["DR_STRATEGY", "MIGRATION_METHOD", "TRANSFER_TIME"]
