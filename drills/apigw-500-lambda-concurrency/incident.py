"""A campaign: fifty at a time."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import client, waves


def strike(lab: Lab) -> None:
    """Twice a minute."""
    client(lab, "customers").arrive(waves(50, 400, every_ms=30_000))
