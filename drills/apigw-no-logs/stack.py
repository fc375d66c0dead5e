"""An API that logs each request twice: its steps, and a line of its own."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import Probe, Probes
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function

API, FUNCTION, ROLE = "orders", "list-orders", "apigateway-logs"
MODEL = 'duration_ms = 40\ninit_ms = 200\nresponse = {statusCode = 200, body = "[]"}\n'
SECRET = "card-4111"
"""What a request carries and no log may have."""


def build(lab: Lab) -> None:
    """The function, the API with its logs, the shop."""
    function(lab, FUNCTION, MODEL)
    paths = {"/orders": {"post": to_function(lab, FUNCTION)}}
    api = rest_api(lab, API, paths, logging="INFO", access_log=True)
    lab.notes["api"] = api
    alarm(lab, API, "5XXError")
    lab.add(ApiClient(lab, "shop", url=url_of(api), arrivals=QUIET, method="POST", path="/orders", body={"items": 1}))
    lab.add(Probes(lab, url_of(api), {"an order": Probe("POST", "/orders", body={"card": SECRET})}))


def groups(lab: Lab) -> tuple[str, str]:
    """Of the steps, and of the lines."""
    api = lab.notes["api"]
    return f"API-Gateway-Execution-Logs_{api}/prod", f"/aws/apigateway/{api}"
