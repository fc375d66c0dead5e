"""A checkout behind an API: one key for the shop, one for partners, and a usage plan for each."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function
from foulweather.drilling.load.functions import alarm as function_alarm
from foulweather.drilling.load.usage_plans import usage_plan

API, FUNCTION, PATH = "shop", "my-checkout", "/checkout"
PLAN, PARTNERS = "shop-plan", "partner-plan"
DEMAND = 1_900
CHECKOUT = """
duration_ms = {p50 = 40, p99 = 90}
memory_mib = 90
init_ms = 200
response = {statusCode = 201, body = "{}"}
"""


def build(lab: Lab) -> None:
    """A thousand a second were more than the shop had ever seen."""
    function(lab, FUNCTION, CHECKOUT, Timeout=10)
    lab.notes["api"] = api = rest_api(
        lab,
        API,
        {PATH: {"post": to_function(lab, FUNCTION, security=[{"key": []}])}},
        components={"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}},
    )
    keys = {name: lab.world.ids.hex(40) for name in ("web-shop", "partners")}
    usage_plan(lab, PLAN, api, {"web-shop": keys["web-shop"]}, throttle=(1_000, 50))
    usage_plan(lab, PARTNERS, api, {"partners": keys["partners"]}, throttle=(50, 50))
    alarm(lab, API, "4XXError")
    function_alarm(lab, FUNCTION, "Throttles")
    for name, key in keys.items():
        headers = {"x-api-key": key}
        sale = {"items": [{"sku": "A-1", "quantity": 1}]}
        lab.add(
            ApiClient(lab, name, url=url_of(api), arrivals=QUIET, method="POST", path=PATH, headers=headers, body=sale)
        )
