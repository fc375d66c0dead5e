"""The campaign: more events than one worker can handle, so there are eight."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Poisson
from foulweather.drilling.load.client import LoadClient


def strike(lab: Lab) -> None:
    """Capacity planning has done its work; nobody has thought of the order."""
    lab.deploy("orders-worker", workers="8")
    shop = lab.apps["shop"]
    assert isinstance(shop, LoadClient)
    shop.arrive(Poisson(per_s=4))
