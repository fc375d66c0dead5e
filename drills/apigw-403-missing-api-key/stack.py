"""An API that asks its partners for a key; one plan for them, and one for those who only try things out."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import Probe, Probes
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, answered, function

API, FUNCTION, PARTNERS, SANDBOX = "orders", "list-orders", "partners", "sandbox"
MODEL = 'duration_ms = 40\ninit_ms = 200\nresponse = {statusCode = 200, body = "[]"}\n'
SCHEMES = {"securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}}
LIMIT = 50_000


def key(lab: Lab, name: str, plan: str, *, enabled: bool = True) -> str:
    """A key of that name in a plan; gives its value."""
    apis = lab.client("apigateway")
    made = answered(apis.create_api_key(name=name, enabled=enabled))
    answered(apis.create_usage_plan_key(usagePlanId=lab.notes[plan], keyId=made["id"], keyType="API_KEY"))
    lab.notes[name] = made["id"]
    return made["value"]


def build(lab: Lab) -> None:
    """The API, its plans, the partner ACME; and those who must stay outside."""
    function(lab, FUNCTION, MODEL)
    api = rest_api(
        lab,
        API,
        {"/orders": {"get": to_function(lab, FUNCTION, security=[{"api_key": []}])}},
        components=SCHEMES,
    )
    lab.notes["api"] = api
    alarm(lab, API, "4XXError", threshold=0.5)
    apis = lab.client("apigateway")
    opens = [{"apiId": api, "stage": "prod"}]
    quota = {"limit": LIMIT, "period": "DAY"}
    plan = apis.create_usage_plan(
        name=PARTNERS, apiStages=opens, quota=quota, throttle={"rateLimit": 50.0, "burstLimit": 100}
    )
    lab.notes[PARTNERS] = answered(plan)["id"]
    lab.notes[SANDBOX] = answered(apis.create_usage_plan(name=SANDBOX))["id"]
    tries = key(lab, "someone-who-tries", SANDBOX)
    former = key(lab, "former-partner", PARTNERS, enabled=False)
    acme = {"x-api-key": key(lab, "acme", PARTNERS)}
    lab.add(ApiClient(lab, "acme", url=url_of(api), arrivals=QUIET, path="/orders", headers=acme))
    outside = {
        "without a key": Probe("GET", "/orders"),
        "with a key of the sandbox": Probe("GET", "/orders", {"x-api-key": tries}),
        "with the disabled key of a former partner": Probe("GET", "/orders", {"x-api-key": former}),
    }
    lab.add(Probes(lab, url_of(api), outside))
