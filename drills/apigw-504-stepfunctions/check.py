"""An order is accepted within a second, is followed until it is done, is checked, and is done once."""

from __future__ import annotations

from typing import cast

from stack import Shop

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since
from foulweather.drilling.load.apis import failing, unserved
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
    return _processed(lab, since_ms, len(placed)) or _early(lab, shop, placed)


def _early(lab: Lab, shop: Shop, placed: list[str]) -> Why | None:
    """With a check of 40 seconds nothing is done before."""
    early = [order for order in placed if shop.done[order] - shop.placed[order] < 40_000]
    if lab.struck_at_ms and early:
        told = f"{len(early)} orders were called done before anybody could have checked them."
        return unmended(told, Fact("shop", "orders done too early", len(early)))
    return None


def _processed(lab: Lab, since_ms: int, placed: int) -> Why | None:
    """Each order once, and each checked."""
    if not lab.struck_at_ms:
        return None
    until_ms = lab.now_ms - DONE_MS
    ran = dict.fromkeys(("store-order", "check-fraud"), 0)
    for event in lab.world.journal:
        name = event.resource.rpartition(":")[2]
        if event.kind == "lambda.Invoked" and name in ran and since_ms < event.at_ms < until_ms + DONE_MS // 2:
            ran[name] += 1
    if ran["check-fraud"] < placed - 2:
        told = f"{placed} orders were placed, and {ran['check-fraud']} checked for fraud."
        return unmended(told, Fact("check-fraud", "invocations", ran["check-fraud"]))
    if ran["store-order"] > placed + 6:
        told = f"{placed} orders were placed, and {ran['store-order']} processed."
        return unmended(told, Fact("store-order", "invocations", ran["store-order"]))
    return None
