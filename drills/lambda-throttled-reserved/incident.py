"""A campaign of the marketing department: two quotes a second, each of which takes ten."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even, Poisson
from foulweather.drilling.load.functions import caller


def strike(lab: Lab) -> None:
    """Twenty at a time."""
    caller(lab, "shop").arrive(Poisson(per_s=2))
    caller(lab, "parcels").arrive(Even(per_min=3))
