"""An order is accepted within a second, is followed until it is done, is checked, and is done once."""

from __future__ import annotations

from typing import cast

from stack import Shop

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since
from foulweather.drilling.load.apis import failing, unserved
from foulweather.drilling.load.functions import answered
from foulweather.kernel.why import Fact, Why

ACCEPTED_MS, DONE_MS = 1_000, 120_000


def symptom(lab: Lab) -> Why | None:
    """Five orders of which the shop was told that they had failed."""
    return failing(lab, "shop", "{} orders timed out", status=504)


def check(lab: Lab) -> Why | None:
    """Traffic, then what became of the orders, then the workflow."""
    since_ms = since(lab)
    shop = cast(Shop, lab.app("shop"))
    unwell = unserved(lab, "shop", since_ms)
    if unwell is not None:
        return unwell
    for asked in shop.since(since_ms):
        if lab.struck_at_ms and asked.took_ms > ACCEPTED_MS:
            told = f"An order is accepted after {asked.took_ms} ms."
            return unmended(told, Fact("shop", "took_ms", asked.took_ms))
    placed = [order for order, at_ms in shop.placed.items() if since_ms < at_ms < lab.now_ms - DONE_MS]
    lost = [order for order in placed if order not in shop.done]
    if lost:
        told = f"{len(lost)} of {len(placed)} orders were not seen to be done within two minutes."
        return unmended(told, Fact("shop", "orders not done", len(lost)))
    return _early(lab, shop, placed) or _workflow(lab) or _once(lab, since_ms, len(placed))


def _early(lab: Lab, shop: Shop, placed: list[str]) -> Why | None:
    """With a check of 40 seconds nothing is done before."""
    early = [order for order in placed if shop.done[order] - shop.placed[order] < 40_000]
    if lab.struck_at_ms and early:
        told = f"{len(early)} orders were called done before anybody could have checked them."
        return unmended(told, Fact("shop", "orders done too early", len(early)))
    return None


def _workflow(lab: Lab) -> Why | None:
    arn = lab.notes["machine"]
    told = answered(lab.client("stepfunctions").describe_state_machine(stateMachineArn=arn))
    if lab.struck_at_ms and "check-fraud" not in told["definition"]:
        return unmended(
            "Orders are not checked for fraud any more.", shown(lab, arn, "definition", "without the check")
        )
    return None


def _once(lab: Lab, since_ms: int, placed: int) -> Why | None:
    arn = lab.notes["machine"]
    found = answered(lab.client("stepfunctions").list_executions(stateMachineArn=arn, maxResults=1000))["executions"]
    until_ms = lab.now_ms - DONE_MS
    started = sum(since_ms < _ms(one["startDate"]) < until_ms for one in found)
    if started > placed + 2:
        return unmended(f"{placed} orders were placed, and {started} processed.", Fact(arn, "executions", started))
    return None


def _ms(when: float) -> int:
    """A time of the API in milliseconds."""
    return int(when) if when > 10**11 else int(when * 1000)
