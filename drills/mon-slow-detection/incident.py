"""On the busy day one of the payment partner's ten machines falls ill, for an hour and a half."""

from __future__ import annotations

from stack import PER_MIN, befalls

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client

ILL_MS = 90 * MINUTE_MS


def strike(lab: Lab) -> None:
    """One payment of ten."""
    client(lab, "shop").arrive(Even(per_min=PER_MIN))
    befalls(lab, lab.now_ms + 5 * MINUTE_MS, ILL_MS)
