"""The market opens, and a customer's new program asks for all prices at once, whenever a minute begins."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import client, waves


def strike(lab: Lab) -> None:
    """4,500 prices a second for a fifth of a second; at its end the tills of sixty shops close their books."""
    client(lab, "tills").arrive(waves(60, 20, at_ms=675))
    client(lab, "traders").arrive(waves(900, 200))
