"""A release that has gifts, of which there are none in its arithmetic."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client


def strike(lab: Lab) -> None:
    """Gifts with quantity 0, and empty carts that can be sent."""
    lab.deploy("web-shop", gifts="zero", empty_cart="sent")
    client(lab, "web-shop").arrive(Even(per_min=20))
    client(lab, "contract-tests").arrive(Even(per_min=2))
