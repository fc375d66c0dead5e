"""Every order is taken within a minute, without hammering, under the limit that is there."""

from __future__ import annotations

from stack import BURST, RATE

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.apis import client, failing, setting_of, stage_arn, unserved
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Ten customers who were told that it failed."""
    return failing(lab, "shop", "{} orders failed", status=429, at_least=10)


def check(lab: Lab) -> Why | None:
    """The limit, then orders, then how often each was asked for; what came in the last minute may wait yet."""
    api = lab.notes["api"]
    setting = setting_of(lab, api, "orders/{id}/PUT")
    if (setting.get("throttlingRateLimit"), setting.get("throttlingBurstLimit")) != (float(RATE), BURST):
        fact = shown(lab, stage_arn(lab, api), "methodSettings", setting)
        return unmended(f"The warehouse bears {RATE} orders a second, and the stage has another limit now.", fact)
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "shop", since_ms)
    if unwell is not None:
        return unwell
    orders = [order for order in client(lab, "shop").since(since_ms) if order.asked_ms <= lab.now_ms - MINUTE_MS]
    slowest_ms = max(order.took_ms for order in orders)
    if slowest_ms > MINUTE_MS:
        return unmended("An order took more than a minute.", Fact("shop", "slowest, ms", slowest_ms))
    requests = sum(order.attempts for order in orders)
    if requests * 2 >= len(orders) * 3:
        cause = f"{requests} requests for {len(orders)} orders: the shop still hammers."
        return unmended(cause, shown(lab, "shop", "retry", lab.app("shop").settings["retry"]))
    return None
