"""A release that wants the stock to be up to the second."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client


def strike(lab: Lab) -> None:
    """The supplier is asked each time."""
    lab.deploy("stock", supplier="each-request")
    client(lab, "shop").arrive(Even(per_min=10))
