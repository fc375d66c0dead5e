"""Nothing happens but that the month goes on."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client


def strike(lab: Lab) -> None:
    """A working day's requests."""
    for name in ("acme", "zeta"):
        client(lab, name).arrive(Even(per_min=12))
