"""The server is at its limit, so somebody lets the stage's cache take the load."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client, patch, set_stage


def strike(lab: Lab) -> None:
    """GET /orders is cached for a minute."""
    method = "/~1orders/GET/caching"
    set_stage(lab, lab.notes["api"], patch(f"{method}/ttlInSeconds", 60), patch(f"{method}/enabled", "true"))
    client(lab, "readers").arrive(Even(per_min=30))
