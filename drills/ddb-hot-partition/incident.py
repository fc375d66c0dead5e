"""A sale for premium customers: four orders in five are theirs, and they come in bursts of two seconds."""

from __future__ import annotations

from typing import cast

from stack import Writer

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Recorded

BURSTS = Recorded(tuple(50 * n for n in range(40)), every_ms=15_000)


def strike(lab: Lab) -> None:
    """The sale begins."""
    writer = cast(Writer, lab.app("order-writer"))
    writer.premium_permille = 800
    writer.arrive(BURSTS)
