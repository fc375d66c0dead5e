"""Dashboards: each customer's new one lists the orders over and over."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client, waves


def strike(lab: Lab) -> None:
    """Twelve a second for five seconds of each minute, when somebody looks at it; orders as ever."""
    for name in ("acme", "zeta"):
        client(lab, f"{name}-lists").arrive(waves(60, 5_000))
        client(lab, f"{name}-orders").arrive(Even(per_min=10))
