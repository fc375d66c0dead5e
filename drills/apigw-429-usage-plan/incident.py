"""A flash sale: each minute an offer opens, and 1,900 a second are there."""

from __future__ import annotations

from stack import DEMAND

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client, waves

RUSH_MS = 150


def strike(lab: Lab) -> None:
    """The first 150 ms of each minute are what a machine can play; the check reckons the rest."""
    client(lab, "web-shop").arrive(waves(DEMAND * RUSH_MS // 1000, RUSH_MS))
    client(lab, "partners").arrive(Even(per_min=6))
