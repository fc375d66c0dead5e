"""Orders that can be listed in pages; who lists them must say for which tenant."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Ledger
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function

API = "orders"
LIMIT, CURSOR = "method.request.querystring.limit", "method.request.querystring.cursor"
TENANT = "method.request.header.X-Tenant"
LIST = 'duration_ms = 30\nmemory_mib = 80\ninit_ms = 200\nresponse = {statusCode = 200, body = "[]"}\n'


def _parameter(name: str, place: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}


def build(lab: Lab) -> None:
    """The API as its document has it, the website, the app, and the tests of the contract that run all day."""
    function(lab, "list-orders", LIST, Timeout=10)
    parameters = [
        _parameter("limit", "query", required=False),
        _parameter("cursor", "query", required=False),
        _parameter("X-Tenant", "header", required=True),
    ]
    validators = {"all": {"validateRequestParameters": True, "validateRequestBody": True}}
    operation = to_function(
        lab, "list-orders", parameters=parameters, **{"x-amazon-apigateway-request-validator": "all"}
    )
    lab.notes["api"] = api = rest_api(
        lab,
        API,
        {"/orders": {"get": operation}},
        logging="ERROR",
        **{"x-amazon-apigateway-request-validators": validators},
    )
    alarm(lab, API, "4XXError", threshold=0.4)
    tenant, url = {"X-Tenant": "acme"}, url_of(api)
    lab.add(ApiClient(lab, "website", url=url, arrivals=QUIET, path="/orders", headers=tenant))
    lab.add(ApiClient(lab, "app", url=url, arrivals=QUIET, path="/orders?limit=20", headers=tenant))
    lab.add(ApiClient(lab, "contract-tests", url=url, arrivals=QUIET, path="/orders?limit=20", ledger=Ledger()))
