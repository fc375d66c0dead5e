"""The shop moves: from the office into a VPC with a gateway endpoint for S3."""

from __future__ import annotations

from stack import VPC

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Reader


def strike(lab: Lab) -> None:
    """The same program, from elsewhere."""
    shop = lab.app("shop")
    assert isinstance(shop, Reader)
    shop.host = shop.host._replace(origin=VPC)
