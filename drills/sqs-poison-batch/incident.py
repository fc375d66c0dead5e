"""A release that hands one result back for a whole batch, on the morning on which gift cards come."""

from __future__ import annotations

from typing import cast

from stack import Marketplace

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Recorded

THIRTY_A_MINUTE = Recorded(tuple(20 * n for n in range(30)), every_ms=MINUTE_MS)


def strike(lab: Lab) -> None:
    """The release, and the marketplace's new way."""
    lab.deploy("order-worker", partial="off")
    marketplace = cast(Marketplace, lab.app("marketplace"))
    marketplace.has_gifts = True
    marketplace.arrive(THIRTY_A_MINUTE)
