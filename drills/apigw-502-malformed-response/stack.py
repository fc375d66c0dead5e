"""Orders that a function of real Python looks up, behind a proxy integration."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Ledger, Recorded, Request
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import alarm as function_alarm
from foulweather.drilling.load.functions import function, zipped

API, FUNCTION = "orders", "get-order"
SELDOM = Recorded((7_000,), every_ms=14_400_000)
BEFORE = """import json


def handler(event, context):
    number = int(event["pathParameters"]["id"].rpartition("-")[2])
    if number == 0:
        return {"statusCode": 404, "body": json.dumps({"message": "no such order"})}
    order = {"id": event["pathParameters"]["id"], "total": number * 10}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(order)}
"""
AFTER = """def find(order_id):
    number = int(order_id.rpartition("-")[2])
    return {"id": order_id, "total": number * 10} if number else None


def handler(event, context):
    return find(event["pathParameters"]["id"]) or {"message": "no such order"}
"""


class Website(ApiClient):
    """Shows one order after the other; `wrong` are those that were shown otherwise than they are."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.wrong: list[tuple[int, str]] = []
        super().__init__(lab, name, **options)

    def request(self, n: int) -> tuple[str, str, dict[str, str], Any]:
        """The n-th order."""
        return "GET", f"/orders/order-{n + 1}", dict(self.headers), b""

    def succeeded(self, request: Request, response: Any) -> None:
        """Read it."""
        super().succeeded(request, response)
        wanted = {"id": f"order-{request.number + 1}", "total": (request.number + 1) * 10}
        try:
            order = json.loads(response.body)
        except ValueError:
            order = None
        if order != wanted:
            self.wrong.append((request.since_ms, response.body.decode("utf-8", "replace")))


def build(lab: Lab) -> None:
    """The function, the API, the website, and somebody who asks for what does not exist."""
    code = {"ZipFile": zipped({"app.py": BEFORE})}
    function(lab, FUNCTION, "", Runtime="python3.11", Timeout=10, MemorySize=256, Code=code)
    api = rest_api(lab, API, {"/orders/{id}": {"get": to_function(lab, FUNCTION)}}, logging="ERROR")
    alarm(lab, API, "5XXError")
    function_alarm(lab, FUNCTION)
    lab.add(Website(lab, "website", url=url_of(api), arrivals=SELDOM))
    missing = "/orders/order-0"
    lab.add(ApiClient(lab, "crawler", url=url_of(api), arrivals=SELDOM, path=missing, ledger=Ledger()))
