"""Two APIs of one account: payments, few and dear, and a ticker, many and cheap."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Recorded
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import function
from foulweather.drilling.quotas import grant

RATE, BURST = 1_000, 500
PROMISED = 500
PAY = 'duration_ms = 60\nmemory_mib = 80\ninit_ms = 200\nresponse = {statusCode = 201, body = "{}"}\n'
HOURLY = Recorded((7_000,), every_ms=3_600_000)
PRICES: dict[str, Any] = {
    "responses": {"200": {"description": "prices"}},
    "x-amazon-apigateway-integration": {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": '{"EURUSD": 1.1}'}}},
    },
}


def build(lab: Lab) -> None:
    """The account's quota is not AWS's usual one; the two APIs, a minute apart, since APIs are not made any faster."""
    grant(lab, "apigateway", "L-8A5B8E43", RATE)
    grant(lab, "apigateway", "L-CDF5615A", BURST)
    function(lab, "take-payment", PAY, Timeout=10)
    _api(lab, "payments", "tills", {"/payments": {"post": to_function(lab, "take-payment")}}, "POST", "/payments")
    lab.at(
        lab.now_ms + MINUTE_MS, lambda: _api(lab, "ticker", "traders", {"/prices": {"get": PRICES}}, "GET", "/prices")
    )


def _api(lab: Lab, name: str, clients: str, paths: dict[str, Any], method: str, path: str) -> None:
    api = rest_api(lab, name, paths)
    alarm(lab, name, "4XXError")
    lab.notes[name] = api
    body: Any = {"amount": 20} if method == "POST" else b""
    lab.add(ApiClient(lab, clients, url=url_of(api), arrivals=HOURLY, method=method, path=path, body=body))
