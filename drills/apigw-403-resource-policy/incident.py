"""ACME opens a branch, with addresses of its own."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import hurry
from foulweather.drilling.load.apis import ApiClient, client, url_of


def strike(lab: Lab) -> None:
    """The branch's first morning."""
    url = url_of(lab.notes["api"])
    lab.add(ApiClient(lab, "branch", url=url, arrivals=Even(per_min=6), path="/orders", ip="192.0.2.130"))
    client(lab, "headquarters").arrive(Even(per_min=2))
    hurry(lab)
