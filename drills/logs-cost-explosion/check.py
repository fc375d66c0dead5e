"""As much comes in as it used to, it goes again in time, and support still finds each order of the last week."""

from __future__ import annotations

import json
from typing import Any

from stack import DEBUG_LINES, GROUP, api_of, placed_line

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, HOUR_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why
from foulweather.meter.price_book import price

USUAL_BYTES = 600
"""What an order's lines come to, in CloudWatch Logs' count, when it does not tell everything."""
TIMES_USUAL = 2
RETENTION_DAYS = (7, 30)
FOUND_DAYS = 7
LOOKS_BACK_MS = 6 * HOUR_MS


def _ingested(lab: Lab, since_ms: int) -> int:
    """The bytes that came into the group."""
    return sum(
        event.facts["bytes"]
        for event in lab.world.journal
        if event.kind == "logs.Ingested" and event.at_ms > since_ms and event.resource == lab.notes["group_arn"]
    )


def _release(lab: Lab) -> tuple[Fact, ...]:
    settings = api_of(lab).settings
    return tuple(shown(lab, "orders-api", name, settings[name]) for name in ("log_level", "debug_percent"))


def _group(lab: Lab) -> dict[str, Any] | None:
    found = lab.client("logs").describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    return next((group for group in found if group["logGroupName"] == GROUP), None)


def _retention(lab: Lab) -> Fact:
    group = _group(lab) or {}
    return shown(lab, lab.notes["group_arn"], "retentionInDays", group.get("retentionInDays"))


def symptom(lab: Lab) -> Why | None:
    """The budget's alarm: looked at each hour, over the last six."""
    if lab.now_ms // MINUTE_MS % 60:
        return None
    size = _ingested(lab, lab.now_ms - LOOKS_BACK_MS)
    usual = USUAL_BYTES * LOOKS_BACK_MS // (5 * MINUTE_MS)
    if size < 20 * usual:
        return None
    cost = price("logs", "ingest-standard-gb").amount * size / (1 << 30)
    return unmended(
        f"{size // usual} times as much as usual came into {GROUP} within six hours.",
        Fact(lab.notes["group_arn"], "IncomingBytes", size),
        Fact(lab.notes["group_arn"], "DataProcessing-Bytes, USD", f"{cost:.6f}"),
    )


def check(lab: Lab) -> Why | None:
    """What comes in since the mend, what is kept, what is found."""
    since_ms = lab.settling_since(lab.now_ms - 2 * HOUR_MS)
    return _written(lab, since_ms) or _found(lab, since_ms) or _too_much(lab, since_ms) or _for_ever(lab)


def _written(lab: Lab, since_ms: int) -> Why | None:
    if _group(lab) is None:
        return unmended(f"There is no log group {GROUP} any more: support finds nothing.")
    error = api_of(lab).failed_since(since_ms)
    if error is not None:
        return unmended(f"orders-api cannot write its log: {error.code}.", because=(error.why,))
    if not [order for order in api_of(lab).placed if order.at_ms > since_ms]:
        return unmended("No order came since the mend: wait, and check again.")
    return None


def _found(lab: Lab, since_ms: int) -> Why | None:
    """Every order of the last week, and so every one since the mend."""
    from_ms = lab.now_ms - FOUND_DAYS * DAY_MS
    lines = _lines(lab, from_ms)
    lost = [one for one in api_of(lab).placed if one.at_ms >= from_ms and placed_line(one.number) not in lines]
    if lost:
        to_come = [one for one in lost if one.at_ms > since_ms]
        return unmended(
            f"Support finds {len(lost)} orders of the last week no more, {len(to_come)} of them placed since the mend.",
            *_release(lab),
            _retention(lab),
        )
    return None


def _lines(lab: Lab, from_ms: int) -> set[str]:
    """The lines that support looks for."""
    asked: dict[str, Any] = {"logGroupName": GROUP, "startTime": from_ms, "filterPattern": '"placed"'}
    lines: set[str] = set()
    while True:
        page = lab.client("logs").filter_log_events(**asked)
        lines.update(json.loads(event["message"])["message"] for event in page["events"])
        if "nextToken" not in page:
            return lines
        asked["nextToken"] = page["nextToken"]


def _too_much(lab: Lab, since_ms: int) -> Why | None:
    orders = len([order for order in api_of(lab).placed if order.at_ms > since_ms])
    times = _ingested(lab, since_ms) / (USUAL_BYTES * orders)
    if times > TIMES_USUAL:
        return unmended(
            f"An order still writes {times:.1f} times what it used to; {TIMES_USUAL} times is what the budget bears.",
            *_release(lab),
            Fact("orders-api", "debug lines of an order", DEBUG_LINES),
        )
    return None


def _for_ever(lab: Lab) -> Why | None:
    fact = _retention(lab)
    days = (_group(lab) or {}).get("retentionInDays")
    if days is None:
        return unmended("Less comes in, and nothing ever goes: what lies there costs more each month.", fact)
    if not RETENTION_DAYS[0] <= days <= RETENTION_DAYS[1]:
        return unmended(f"The log is kept for {days} days; between {RETENTION_DAYS[0]} and 30 are agreed.", fact)
    return None
