"""Usage plans and API keys in a drill, and the usage of days that are not lived.

plan = usage_plan(lab, "web", api, {"web-shop": KEY}, throttle=(1000, 100), methods={"/orders/GET": (5, 10)})
used_before(lab, plan, "web-shop", 9_600)                                       # earlier in the month, day by day
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import STAGE
from foulweather.drilling.load.functions import answered
from foulweather.services.apigateway.metering import day_of
from foulweather.services.apigateway.stage_records import Usage
from foulweather.services.apigateway.state import RestState

Pair = tuple[int, int]
"""A rate a second, and a burst."""


def usage_plan(
    lab: Lab,
    name: str,
    api: str,
    keys: Mapping[str, str],
    *,
    throttle: Pair | None = None,
    quota: int | None = None,
    methods: Mapping[str, Pair] | None = None,
) -> str:
    """A usage plan that opens an API's stage to keys (values by name); gives its id. The quota is for a month."""
    apis = lab.client("apigateway")
    request: dict[str, Any] = {"name": name}
    stage: dict[str, Any] = {"apiId": api, "stage": STAGE}
    if methods:
        stage["throttle"] = {method: _throttle(pair) for method, pair in methods.items()}
    if throttle:
        request["throttle"] = _throttle(throttle)
    if quota:
        request["quota"] = {"limit": quota, "period": "MONTH", "offset": 0}
    plan: str = answered(apis.create_usage_plan(**request, apiStages=[stage]))["id"]
    for key, value in keys.items():
        made = answered(apis.create_api_key(name=key, value=value, enabled=True))["id"]
        answered(apis.create_usage_plan_key(usagePlanId=plan, keyId=made, keyType="API_KEY"))
    return plan


def plan_named(lab: Lab, name: str) -> dict[str, Any]:
    """A usage plan by its name; empty where there is none."""
    plans: list[dict[str, Any]] = answered(lab.client("apigateway").get_usage_plans())["items"]
    found = [plan for plan in plans if plan["name"] == name]
    return found[0] if found else {}


def key_named(lab: Lab, name: str) -> str:
    """The id of an API key; empty where there is none."""
    found = answered(lab.client("apigateway").get_api_keys(nameQuery=name))["items"]
    return found[0]["id"] if found else ""


def plans_of(lab: Lab, key: str) -> list[str]:
    """The names of the plans that a key (by its id) is in."""
    return [plan["name"] for plan in answered(lab.client("apigateway").get_usage_plans(keyId=key))["items"]]


def plan_arn(lab: Lab, plan: str) -> str:
    """The ARN of a usage plan."""
    return f"arn:aws:apigateway:{lab.region}::/usageplans/{plan}"


def used_before(lab: Lab, plan: str, key: str, requests: int) -> None:
    """Put on the meter what a key used earlier in the month, spread over its days: nobody lives through them."""
    state = lab.world.state(RestState, lab.account, lab.region)
    today = day_of(lab.now_ms)
    days = [today.replace(day=1) + timedelta(days=number) for number in range(today.day - 1)]
    for number, day in enumerate(days):
        share = requests * (number + 1) // len(days) - requests * number // len(days)
        state.usage.put(f"{plan}/{key}/{day}", Usage(used=share))


def _throttle(pair: Pair) -> dict[str, int]:
    return {"rateLimit": pair[0], "burstLimit": pair[1]}
