"""Who has placed an order finds it, the server is spared, and no stranger can have it asked."""

from __future__ import annotations

from typing import cast

from stack import AFRESH, API, Orders, Shop

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import answers, since
from foulweather.drilling.load.apis import client, unserved
from foulweather.kernel.why import Fact, Why


def _missed(lab: Lab, since_ms: int, at_least: int) -> Why | None:
    missed = cast(Shop, lab.app("shop")).missed(since_ms)
    if len(missed) < at_least:
        return None
    told = f"{len(missed)} orders were not in the list five seconds after they had been placed."
    return unmended(told, Fact("shop", "orders not in the list", len(missed)))


def symptom(lab: Lab) -> Why | None:
    """Ten orders that were not to be found."""
    return _missed(lab, lab.struck_at_ms or lab.now_ms, 10)


def check(lab: Lab) -> Why | None:
    """The list, then the server's load, then strangers."""
    since_ms = since(lab)
    unwell = unserved(lab, "shop", since_ms) or unserved(lab, "screens", since_ms) or _missed(lab, since_ms, 1)
    if unwell is not None or not lab.struck_at_ms:
        return unwell
    read = sum(at_ms > since_ms for at_ms in cast(Orders, lab.app("orders")).read_ms)
    requests = len(client(lab, "screens").since(since_ms))
    if read * 2 > requests:
        told = f"Orders are listed, but the server was asked {read} times for {requests} looks; it bears every second."
        return unmended(told, Fact(API, "asked of the server", read))
    if not any("warning" in answer.headers for answer in answers(lab, since_ms, AFRESH)):
        told = "Orders are listed, but any stranger can have the server asked, past the cache."
        return unmended(told, Fact(API, "Cache-Control of a stranger", "obeyed"))
    return None
