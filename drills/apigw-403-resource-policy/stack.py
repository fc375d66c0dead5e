"""An API for one partner, by its addresses."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import Probe, Probes
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function

API, FUNCTION = "orders", "list-orders"
MODEL = 'duration_ms = 40\ninit_ms = 200\nresponse = {statusCode = 200, body = "[]"}\n'
HEADQUARTERS, BRANCH = "198.51.100.0/28", "192.0.2.128/28"
STRANGERS = {"next door to the headquarters": "198.51.100.20", "next door to the branch": "192.0.2.20"}


def policy(*addresses: str) -> dict[str, Any]:
    """Whoever comes from these addresses."""
    anybody = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/*"}
    elsewhere = {"NotIpAddress": {"aws:SourceIp": list(addresses)}}
    statements = [{"Effect": "Allow", **anybody}, {"Effect": "Deny", **anybody, "Condition": elsewhere}]
    return {"Version": "2012-10-17", "Statement": statements}


def build(lab: Lab) -> None:
    """The API, ACME's headquarters, and strangers."""
    function(lab, FUNCTION, MODEL)
    paths = {"/orders": {"get": to_function(lab, FUNCTION)}}
    api = rest_api(lab, API, paths, **{"x-amazon-apigateway-policy": policy(HEADQUARTERS)})
    lab.notes["api"] = api
    alarm(lab, API, "4XXError", threshold=0.5)
    lab.add(ApiClient(lab, "headquarters", url=url_of(api), arrivals=QUIET, path="/orders", ip="198.51.100.4"))
    strangers = {name: Probe("GET", "/orders", ip=ip) for name, ip in STRANGERS.items()}
    lab.add(Probes(lab, url_of(api), {**strangers, "elsewhere": Probe("GET", "/orders", ip="203.0.113.99")}))
