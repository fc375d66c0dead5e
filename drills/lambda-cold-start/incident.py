"""A release with a framework in it; the agents' screens refresh all at once."""

from __future__ import annotations

from stack import EVERY_MS, FUNCTION, HEAVY, SCREENS, publish

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Recorded
from foulweather.drilling.load.functions import caller, release

TOGETHER = Recorded(tuple(60_000 + 7 * n for n in range(SCREENS)), every_ms=EVERY_MS)


def strike(lab: Lab) -> None:
    """The code of $LATEST, the version that `live` points to, and the busy day."""
    release(lab, FUNCTION, HEAVY)
    lab.at(lab.now_ms + 30_000, lambda: publish(lab, "update_alias"))
    caller(lab, "agents").arrive(TOGETHER)
