"""An API with one function for listing orders, and one for taking them."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import Probe, Probes
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function

API = "orders"
TAKEN, LISTED = '{"taken": true}', '{"orders": []}'


def build(lab: Lab) -> None:
    """Two functions, the API, its web page."""
    for name, body in (("take-order", TAKEN), ("list-orders", LISTED)):
        function(lab, name, f"duration_ms = 40\ninit_ms = 200\nresponse = {{statusCode = 200, body = '{body}'}}\n")
    paths = {"/orders": {"get": to_function(lab, "list-orders"), "post": to_function(lab, "take-order")}}
    api = rest_api(lab, API, paths, logging="ERROR")
    lab.notes["api"] = api
    alarm(lab, API, "5XXError")
    lab.add(ApiClient(lab, "web", url=url_of(api), arrivals=QUIET, path="/orders"))
    lab.add(Probes(lab, url_of(api), {"taking an order": Probe("POST", "/orders", body={"items": []})}))
