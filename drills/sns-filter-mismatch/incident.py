"""The Monday release of the shop makes its messages smaller: what the body says, the attributes need not repeat."""

from __future__ import annotations

from typing import cast

from stack import Shop

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Poisson


def strike(lab: Lab) -> None:
    """The release, on a busy morning."""
    lab.deploy("shop", attributes="none")
    cast(Shop, lab.apps["shop"]).arrive(Poisson(per_min=4))
