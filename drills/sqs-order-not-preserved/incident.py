"""The campaign: more events than one worker can handle, so there are eight."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.arrivals import Poisson


def strike(lab: Lab) -> None:
    """Capacity planning has done its work; nobody has thought of the order."""
    lab.deploy("orders-worker", workers="8")
    lab.apps["shop"].arrive(Poisson(per_s=4))
