"""A hundred looks at the stock: each answered, with what is left, within a second."""

from __future__ import annotations

from stack import API

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.kernel.why import Fact, Why

WITHIN_MS = 1000


def symptom(lab: Lab) -> Why | None:
    """Five requests that timed out."""
    return failing(lab, "shop", "{} looks at the stock timed out", status=504)


def check(lab: Lab) -> Why | None:
    """Traffic: answered, in time, with the truth."""
    since_ms = since(lab)
    unwell = unserved(lab, "shop", since_ms)
    if unwell is not None:
        return unwell
    for asked in client(lab, "shop").since(since_ms):
        if asked.took_ms > WITHIN_MS:
            told = f"A look at the stock takes {asked.took_ms} ms; a page of the shop has {WITHIN_MS}."
            return unmended(told, Fact(API, "took_ms", asked.took_ms))
        if asked.text != '{"left": 3}':
            told = f"The shop is told {asked.text or 'nothing'}, and three are left."
            return unmended(told, shown(lab, "stock", "supplier", lab.app("stock").settings["supplier"]))
    return None
