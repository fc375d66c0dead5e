"""ACME is served as a partner, and whoever has no key of a partner is not."""

from __future__ import annotations

from stack import LIMIT, PARTNERS

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import probes, since, unexpected
from foulweather.drilling.load.apis import failing, unserved
from foulweather.drilling.load.functions import answered
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five requests that were refused."""
    return failing(lab, "acme", "{} requests of ACME were refused", status=403)


def check(lab: Lab) -> Why | None:
    """Traffic, then who else is let in, then what ACME may."""
    since_ms = since(lab)
    unwell = unserved(lab, "acme", since_ms)
    for name in () if unwell else probes(lab).probes:
        unwell = unwell or unexpected(lab, since_ms, name, 403, f"ACME is served, but {name} one is answered: {{}}.")
    return unwell or _plan(lab)


def _plan(lab: Lab) -> Why | None:
    apis, plan = lab.client("apigateway"), lab.notes[PARTNERS]
    name = "acme-2026" if lab.struck_at_ms else "acme"
    keys = answered(apis.get_usage_plan_keys(usagePlanId=plan))["items"]
    if lab.notes[name] not in [key["id"] for key in keys]:
        return unmended("ACME is served without being in the plan of the partners.", Fact(name, "usage plan", None))
    quota = answered(apis.get_usage_plan(usagePlanId=plan)).get("quota", {})
    if quota.get("limit") != LIMIT:
        arn = f"arn:aws:apigateway:{lab.region}::/usageplans/{plan}"
        return unmended("The plan of the partners is not what it was.", shown(lab, arn, "quota", quota))
    return None
