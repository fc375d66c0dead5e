"""Orders are listed by the function that lists them, by GET, and taken as before."""

from __future__ import annotations

from stack import LISTED

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since, unexpected
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five lists that did not come."""
    return failing(lab, "web", "{} lists of orders did not come", status=500)


def check(lab: Lab) -> Why | None:
    """Traffic, what it was told, and the other method."""
    since_ms = since(lab)
    unwell = unserved(lab, "web", since_ms)
    if unwell is not None:
        return unwell
    for asked in client(lab, "web").since(since_ms):
        if asked.text != LISTED:
            told = f"The web page is told {asked.text or 'nothing'}, which is not its list of orders."
            return unmended(told, Fact("web", "answer", asked.text))
    return unexpected(lab, since_ms, "taking an order", 200, "Orders are listed, but not taken any more: {}.", "taken")
