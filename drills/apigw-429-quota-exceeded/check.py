"""acme is served, on the plan that it has bought; zeta has what it had."""

from __future__ import annotations

from stack import API, FREE, FREE_QUOTA, PRO, PRO_QUOTA

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.apis import failing, operation_of, unserved
from foulweather.drilling.load.usage_plans import key_named, plan_arn, plan_named, plans_of
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Twenty requests of acme that were too many."""
    return failing(lab, "acme", "{} requests of acme were refused", status=429, at_least=20)


def check(lab: Lab) -> Why | None:
    """Traffic of both, then who is on which plan."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "acme", since_ms) or unserved(lab, "zeta", since_ms)
    if unwell is not None:
        return unwell
    for plan, limit in ((FREE, FREE_QUOTA), (PRO, PRO_QUOTA)):
        found = plan_named(lab, plan)
        quota = found.get("quota") or {}
        if (quota.get("limit"), quota.get("period")) != (limit, "MONTH"):
            fact = shown(lab, plan_arn(lab, found.get("id", "")), "quota", quota)
            return unmended(f"The plan {plan} is {limit} requests a month, for everybody on it.", fact)
    for key, wanted in (("acme", PRO if lab.struck_at_ms else FREE), ("zeta", FREE)):
        plans = plans_of(lab, key_named(lab, key))
        if plans != [wanted]:
            told = Fact(key, "usage plans", plans)
            return unmended(f"{key} is to be on the plan {wanted}, and is on {', '.join(plans) or 'none'}.", told)
    if not operation_of(lab, lab.notes["api"], "/parcels", "GET").get("apiKeyRequired"):
        return unmended("GET /parcels asks for no key any more.", Fact(API, "apiKeyRequired", False))
    return None
