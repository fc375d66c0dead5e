"""An API with plans by month: free, pro, and enterprise, which has no quota."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function
from foulweather.drilling.load.usage_plans import key_named, usage_plan, used_before

API, FREE, PRO = "tracking", "free", "pro"
FREE_QUOTA, PRO_QUOTA = 10_000, 1_000_000
USED_BEFORE = 9_900
WORK = 'duration_ms = 20\nmemory_mib = 80\ninit_ms = 200\nresponse = {statusCode = 200, body = "{}"}\n'


def build(lab: Lab) -> None:
    """Acme has used nearly all of the month's free requests before anybody looks."""
    function(lab, "track", WORK, Timeout=10)
    paths = {"/parcels": {"get": to_function(lab, "track", security=[{"key": []}])}}
    scheme = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    lab.notes["api"] = api = rest_api(
        lab, API, paths, logging="ERROR", access_log=True, components={"securitySchemes": {"key": scheme}}
    )
    keys = {name: lab.world.ids.hex(40) for name in ("acme", "zeta")}
    free = usage_plan(lab, FREE, api, keys, throttle=(10, 20), quota=FREE_QUOTA)
    usage_plan(lab, PRO, api, {}, throttle=(100, 200), quota=PRO_QUOTA)
    usage_plan(lab, "enterprise", api, {}, throttle=(500, 1_000))
    used_before(lab, free, key_named(lab, "acme"), USED_BEFORE)
    used_before(lab, free, key_named(lab, "zeta"), 2_000)
    alarm(lab, API, "4XXError")
    for name, key in keys.items():
        lab.add(ApiClient(lab, name, url=url_of(api), arrivals=QUIET, path="/parcels", headers={"x-api-key": key}))
