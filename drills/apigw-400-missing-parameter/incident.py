"""A template that was tidied up marks one parameter more as required, and is deployed."""

from __future__ import annotations

from stack import LIMIT

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client, deploy, patch, set_method


def strike(lab: Lab) -> None:
    """Both steps: the method, and the deployment that makes it true."""
    api = lab.notes["api"]
    set_method(lab, api, "/orders", "GET", patch(f"/requestParameters/{LIMIT}", "true"))
    deploy(lab, api)
    for name in ("website", "app", "contract-tests"):
        client(lab, name).arrive(Even(per_min=6))
