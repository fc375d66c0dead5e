"""A release adds a fraud check, which takes a minute or more; the fleet was scaled for it, and the sale begins."""

from __future__ import annotations

from typing import cast

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Poisson, Publisher


def strike(lab: Lab) -> None:
    """Slower work on more workers; nobody thought of the queue."""
    lab.app("order-worker").befall(processing_ms="60000-100000")
    lab.deploy("order-worker", workers="30", pause_ms="0")
    cast(Publisher, lab.apps["shop"]).arrive(Poisson(per_min=6))
