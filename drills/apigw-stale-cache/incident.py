"""Somebody spares the server, with the number that is the default."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import hurry
from foulweather.drilling.load.apis import client, patch, set_stage


def strike(lab: Lab) -> None:
    """Five minutes in place of two seconds."""
    set_stage(lab, lab.notes["api"], patch("/~1orders/GET/caching/ttlInSeconds", 300))
    client(lab, "shop").arrive(Even(per_min=12))
    client(lab, "screens").arrive(Even(per_min=60))
    hurry(lab)
