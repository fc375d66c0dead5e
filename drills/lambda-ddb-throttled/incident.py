"""A newsletter with a link to "my orders"."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Poisson
from foulweather.drilling.load.functions import caller


def strike(lab: Lab) -> None:
    """A look every two seconds."""
    caller(lab, "website").arrive(Poisson(per_min=30))
