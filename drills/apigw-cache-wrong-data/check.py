"""Everybody sees the page that he asked for, of his own orders; and the server is spared."""

from __future__ import annotations

from typing import cast

from stack import API, Orders, Readers

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since
from foulweather.drilling.load.apis import unserved
from foulweather.kernel.why import Fact, Why


def _readers(lab: Lab) -> Readers:
    return cast(Readers, lab.app("readers"))


def symptom(lab: Lab) -> Why | None:
    """Five pages that were not what was asked for."""
    wrong = _readers(lab).wrong(lab.struck_at_ms or lab.now_ms)
    if len(wrong) < 5:
        return None
    return unmended(f"{len(wrong)} wrong pages were shown: {wrong[-1]}", Fact("readers", "wrong pages", len(wrong)))


def check(lab: Lab) -> Why | None:
    """Pages, then the load of the server."""
    since_ms = since(lab)
    unwell = unserved(lab, "readers", since_ms)
    if unwell is not None:
        return unwell
    wrong = _readers(lab).wrong(since_ms)
    if wrong:
        return unmended(f"{len(wrong)} wrong pages were shown: {wrong[-1]}", Fact("readers", "wrong pages", len(wrong)))
    if not lab.struck_at_ms:
        return None
    requests = len(_readers(lab).since(since_ms))
    asked = sum(at_ms > since_ms for at_ms in cast(Orders, lab.app("orders")).times)
    if asked * 3 > requests:
        told = f"Pages are right, but the server was asked {asked} times for {requests} requests, and bears a third."
        return unmended(told, Fact(API, "asked of the server", asked))
    return None
