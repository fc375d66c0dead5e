"""ACME's key is renewed, as every year: by somebody who took the other plan."""

from __future__ import annotations

from stack import SANDBOX, key

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import hurry
from foulweather.drilling.load.apis import client
from foulweather.drilling.load.functions import answered


def strike(lab: Lab) -> None:
    """The new key, ACME's new configuration, and the end of the old key."""
    acme = client(lab, "acme")
    acme.headers["x-api-key"] = key(lab, "acme-2026", SANDBOX)
    answered(lab.client("apigateway").delete_api_key(apiKey=lab.notes["acme"]))
    acme.arrive(Even(per_min=4))
    hurry(lab)
