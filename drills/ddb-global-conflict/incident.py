"""A post is liked on both sides of the Atlantic, for forty seconds of each minute."""

from __future__ import annotations

from typing import cast

from stack import Web

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Recorded

LIKES_MS = {"us-web": range(0, 40_000, 190), "eu-web": range(75, 40_000, 230)}


def strike(lab: Lab) -> None:
    """From the next full minute on."""
    wait_ms = -lab.now_ms % MINUTE_MS
    for name, times in LIKES_MS.items():
        web = cast(Web, lab.app(name))
        web.arrive(Recorded(tuple(wait_ms + ms for ms in times), every_ms=MINUTE_MS))
