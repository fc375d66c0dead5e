"""Midnight: the certificate's last day is over. Nobody has done anything."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client


def strike(lab: Lab) -> None:
    """The night's traffic."""
    client(lab, "shop").arrive(Even(per_min=6))
