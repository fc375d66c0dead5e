"""Every checkout is taken, also when the rush lasts, and each key has a limit still."""

from __future__ import annotations

from stack import DEMAND, PARTNERS, PATH, PLAN

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.apis import failing, operation_of, unserved
from foulweather.drilling.load.usage_plans import key_named, plan_arn, plan_named, plans_of
from foulweather.kernel.why import Fact, Why

ACCOUNT = 10_000


def symptom(lab: Lab) -> Why | None:
    """Sixty checkouts that were too many."""
    return failing(lab, "web-shop", "{} checkouts were refused", status=429, at_least=60)


def check(lab: Lab) -> Why | None:
    """Traffic of both keys, then the limits."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "web-shop", since_ms, permille=1) or unserved(lab, "partners", since_ms)
    if unwell is not None:
        return unwell
    if not operation_of(lab, lab.notes["api"], PATH, "POST").get("apiKeyRequired"):
        return unmended(
            "POST /checkout asks for no key any more: everybody may call it.", Fact(PATH, "apiKeyRequired", False)
        )
    plans = plans_of(lab, key_named(lab, "web-shop"))
    if plans != [PLAN]:
        return unmended("The shop's key is not in the shop's plan.", Fact("web-shop", "usage plans", plans))
    return _limits(lab) if lab.struck_at_ms else None


def _limits(lab: Lab) -> Why | None:
    plan = plan_named(lab, PLAN)
    throttle = plan.get("throttle") or {}
    fact = shown(lab, plan_arn(lab, plan["id"]), "throttle", throttle)
    rate, burst = throttle.get("rateLimit"), throttle.get("burstLimit")
    if rate is None or burst is None:
        return unmended("The shop's key has no limit any more: one runaway script takes the API from everybody.", fact)
    if rate < DEMAND:
        lasts_s = int(burst / (DEMAND - rate))
        return unmended(
            f"A burst of {burst} is spent after {lasts_s} s of {DEMAND} a second: {rate:g} a second come after it.",
            fact,
        )
    if rate >= ACCOUNT:
        return unmended(f"{rate:g} a second is no limit: all APIs of the account together have {ACCOUNT}.", fact)
    partners = plan_named(lab, PARTNERS)
    if partners.get("throttle") != {"rateLimit": 50.0, "burstLimit": 50}:
        fact = shown(lab, plan_arn(lab, partners.get("id", "")), "throttle", partners.get("throttle"))
        return unmended("The partners' plan is not the one that was agreed with them.", fact)
    return None
