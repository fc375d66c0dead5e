"""Version 5 of the app: the form's content type is written by hand, as all others in its code are."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client


def strike(lab: Lab) -> None:
    """Pictures, called JSON."""
    lab.deploy("mobile", form_header="json")
    client(lab, "mobile").arrive(Even(per_min=6))
    client(lab, "website").arrive(Even(per_min=4))
    client(lab, "contract-tests").arrive(Even(per_min=1))
