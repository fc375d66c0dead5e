"""Mother's Day: three pictures in two seconds, and an autoscaler that stops at ten."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Poisson
from foulweather.drilling.load.client import LoadClient


def strike(lab: Lab) -> None:
    """Customers come; the autoscaler does what it may."""
    shop = lab.apps["shop"]
    assert isinstance(shop, LoadClient)
    shop.arrive(Poisson(per_min=90))
    lab.deploy("renderer", workers="10")
