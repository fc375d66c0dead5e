"""Every payment is taken, and the ticker has the rate that it was promised."""

from __future__ import annotations

from stack import PROMISED

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.apis import client, failing, setting_of, stage_arn, unserved
from foulweather.kernel.why import Fact, Why

SERVED_PERCENT = 30


def symptom(lab: Lab) -> Why | None:
    """Payments that were too many, and prices too."""
    if failing(lab, "traders", "{} prices were refused", status=429, at_least=100) is None:
        return None
    return failing(lab, "tills", "{} payments were refused", status=429, at_least=5)


def check(lab: Lab) -> Why | None:
    """Traffic of both, then what is set for the ticker."""
    since_ms = lab.settling_since(lab.now_ms - 2 * HOUR_MS)
    unwell = unserved(lab, "tills", since_ms)
    if unwell is not None:
        return unwell
    api = lab.notes["ticker"]
    setting = setting_of(lab, api, "prices/GET")
    rate, burst = setting.get("throttlingRateLimit", 10_000), setting.get("throttlingBurstLimit", 5_000)
    fact = shown(lab, stage_arn(lab, api), "methodSettings", {"rateLimit": rate, "burstLimit": burst})
    if rate < PROMISED:
        return unmended(f"The ticker was promised {PROMISED} requests a second, and has {rate:g}.", fact)
    asked = client(lab, "traders").since(since_ms)
    served = [one for one in asked if one.status == 200]
    if len(served) * 100 < len(asked) * SERVED_PERCENT:
        told = Fact("traders", "answers", len(served))
        return unmended(f"{len(served)} of {len(asked)} prices were told: the ticker is as good as closed.", fact, told)
    return None
