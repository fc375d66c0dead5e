"""The workers move to spot instances, which are reclaimed at any moment of their work."""

from __future__ import annotations

from typing import cast

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Poisson, Publisher


def strike(lab: Lab) -> None:
    """Four cheap machines instead of a dear one."""
    lab.deploy("order-worker", workers="4", pause_ms="0")
    lab.app("order-worker").befall(crash_before_ppm="50000", crash_after_ppm="80000")
    cast(Publisher, lab.apps["shop"]).arrive(Poisson(per_min=4))
