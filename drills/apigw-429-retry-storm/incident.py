"""A release that is to be quicker, and a newsletter."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Recorded
from foulweather.drilling.load.apis import client

RUSH, PER_MINUTE = 30, 120


def strike(lab: Lab) -> None:
    """Thirty within a second of each minute, two a second all through it."""
    lab.deploy("shop", retry="at-once", attempts="15")
    rush = [20_000 + 30 * number for number in range(RUSH)]
    steady = [250 + number * 60_000 // PER_MINUTE for number in range(PER_MINUTE)]
    client(lab, "shop").arrive(Recorded(tuple(sorted(rush + steady)), every_ms=60_000))
