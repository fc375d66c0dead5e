"""acme lists twenty times a second, and every other limit is what it was."""

from __future__ import annotations

from stack import FREE, LISTED, PRO

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.apis import failing, operation_of, setting_of, stage_arn, unserved
from foulweather.drilling.load.usage_plans import key_named, plan_arn, plan_named, plans_of
from foulweather.kernel.why import Fact, Why

AGREED, BURST_MAX = 20, 100


def symptom(lab: Lab) -> Why | None:
    """Twenty listings that were too many."""
    return failing(lab, "acme-lists", "{} listings were refused", status=429, at_least=20)


def check(lab: Lab) -> Why | None:
    """Traffic of all four, then the limits from the narrowest to the widest."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    for name in ("acme-lists", "acme-orders", "zeta-lists", "zeta-orders"):
        unwell = unserved(lab, name, since_ms)
        if unwell is not None:
            return unwell
    return (_plans(lab) or _stage(lab)) if lab.struck_at_ms else None


def _plans(lab: Lab) -> Why | None:
    plans = plans_of(lab, key_named(lab, "acme"))
    if plans != [FREE]:
        return unmended("acme is not on the free plan any more.", Fact("acme", "usage plans", plans))
    free, pro = plan_named(lab, FREE), plan_named(lab, PRO)
    listed = free["apiStages"][0].get("throttle", {}).get(LISTED)
    fact = shown(lab, plan_arn(lab, free["id"]), "apiStages", listed)
    if listed is None:
        return unmended("On the free plan anybody may list fifty times a second: that was not agreed.", fact)
    rate, burst = listed.get("rateLimit", 0), listed.get("burstLimit", 0)
    if rate < AGREED:
        return unmended(
            f"{AGREED} listings a second were agreed; {rate:g} are let through once the burst is spent.", fact
        )
    if rate > AGREED or burst > BURST_MAX:
        return unmended(f"{rate:g} listings a second, {burst} at once, for each free key: {AGREED} were agreed.", fact)
    for plan, wanted in ((free, (50.0, 100)), (pro, (100.0, 200))):
        throttle = plan.get("throttle") or {}
        if (throttle.get("rateLimit"), throttle.get("burstLimit")) != wanted:
            fact = shown(lab, plan_arn(lab, plan["id"]), "throttle", throttle)
            return unmended(f"The limit of the plan {plan['name']} as a whole is another one now.", fact)
    return None


def _stage(lab: Lab) -> Why | None:
    api = lab.notes["api"]
    setting = setting_of(lab, api, "orders/GET")
    if (setting.get("throttlingRateLimit"), setting.get("throttlingBurstLimit")) != (200.0, 500):
        fact = shown(lab, stage_arn(lab, api), "methodSettings", setting)
        return unmended("The database bears 200 listings a second, and the stage has another limit now.", fact)
    if not operation_of(lab, api, "/orders", "GET").get("apiKeyRequired"):
        return unmended("GET /orders asks for no key any more.", Fact("GET /orders", "apiKeyRequired", False))
    return None
