"""Orders that are placed and listed, with limits by stage, by plan, and by method within a plan."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, alarm, patch, rest_api, set_stage, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function
from foulweather.drilling.load.usage_plans import usage_plan

API, FREE, PRO = "orders", "free", "pro"
LISTED = "/orders/GET"
WORK = 'duration_ms = 20\nmemory_mib = 80\ninit_ms = 200\nresponse = {statusCode = 201, body = "{}"}\n'


def build(lab: Lab) -> None:
    """The stage bears 200 listings a second; free keys may do five of them."""
    function(lab, "orders", WORK, Timeout=10)
    operation = to_function(lab, "orders", security=[{"key": []}])
    scheme = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    paths = {"/orders": {"get": operation, "post": operation}}
    lab.notes["api"] = api = rest_api(lab, API, paths, components={"securitySchemes": {"key": scheme}})
    listing = "/orders/GET/throttling"
    set_stage(lab, api, patch(f"{listing}/rateLimit", 200), patch(f"{listing}/burstLimit", 500))
    keys = {name: lab.world.ids.hex(40) for name in ("acme", "zeta")}
    usage_plan(lab, FREE, api, {"acme": keys["acme"]}, throttle=(50, 100), methods={LISTED: (5, 10)})
    usage_plan(lab, PRO, api, {"zeta": keys["zeta"]}, throttle=(100, 200))
    alarm(lab, API, "4XXError")
    for name, key in keys.items():
        _client(lab, f"{name}-lists", api, key, method="GET")
        _client(lab, f"{name}-orders", api, key, method="POST", body={"items": [1]})


def _client(lab: Lab, name: str, api: str, key: str, **asked: Any) -> None:
    headers = {"x-api-key": key}
    lab.add(ApiClient(lab, name, url=url_of(api), arrivals=QUIET, path="/orders", headers=headers, **asked))
