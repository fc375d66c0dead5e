"""A television spot: two orders a second, and nobody had said so."""

from __future__ import annotations

from typing import cast

from stack import Shop

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Poisson


def strike(lab: Lab) -> None:
    """The spot is on the air."""
    cast(Shop, lab.app("shop")).arrive(Poisson(per_s=2))
