"""A new frontend, which greets people by their e-mail: that is in the ID token."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client


def strike(lab: Lab) -> None:
    """The release."""
    lab.deploy("frontend", token="id")
    client(lab, "frontend").arrive(Even(per_min=6))
    client(lab, "mobile").arrive(Even(per_min=2))
    client(lab, "curious").arrive(Even(per_min=1))
