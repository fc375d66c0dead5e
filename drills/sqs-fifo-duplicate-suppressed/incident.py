"""The shop's release makes ids shorter, and opens for the day."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Poisson
from foulweather.drilling.load.client import LoadClient


def strike(lab: Lab) -> None:
    """The order's id alone now tells events from each other."""
    shop = lab.apps["shop"]
    assert isinstance(shop, LoadClient)
    shop.arrive(Poisson(per_s=1))
    lab.deploy("shop", deduplication="order")
