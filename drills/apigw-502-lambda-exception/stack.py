"""A checkout by a function of real Python, behind a proxy integration."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Ledger, Recorded, Request
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import alarm as function_alarm
from foulweather.drilling.load.functions import function, zipped

API, FUNCTION = "shop", "checkout"
SELDOM = Recorded((7_000,), every_ms=14_400_000)
BEFORE = """import json


def handler(event, context):
    order = json.loads(event["body"])
    return {"statusCode": 201, "body": json.dumps({"total": order["amount"]})}
"""
AFTER = """import json


def handler(event, context):
    order = json.loads(event["body"])
    total = order["amount"] * (100 - order["coupon"]) // 100
    return {"statusCode": 201, "body": json.dumps({"total": total})}
"""
BROKEN: tuple[dict[str, Any], ...] = ({"coupon": 10}, {"amount": "much"})


class Customers(ApiClient):
    """They order; since the campaign every third has a coupon. `wrong` are those who were told a wrong total."""

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.wrong: list[tuple[int, str]] = []
        super().__init__(lab, name, **options)

    def request(self, n: int) -> tuple[str, str, dict[str, str], Any]:
        """The n-th order."""
        order = {"amount": 100 * (n + 1)}
        return "POST", "/checkout", dict(self.headers), {**order, "coupon": 10} if self._has_coupon(n) else order

    def _has_coupon(self, n: int) -> bool:
        return bool(self.lab.struck_at_ms) and n % 3 == 0

    def succeeded(self, request: Request, response: Any) -> None:
        """Read what is to be paid."""
        super().succeeded(request, response)
        sent = json.loads(request.parameters["body"])
        wanted = {"total": sent["amount"] * (100 - sent.get("coupon", 0)) // 100}
        try:
            told = json.loads(response.body)
        except ValueError:
            told = None
        if told != wanted:
            self.wrong.append((request.since_ms, response.body.decode("utf-8", "replace")))


class Strangers(ApiClient):
    """Send orders that are none."""

    def request(self, n: int) -> tuple[str, str, dict[str, str], Any]:
        """Without an amount, or with one that is no number."""
        return "POST", "/checkout", dict(self.headers), BROKEN[n % len(BROKEN)]


def build(lab: Lab) -> None:
    """The function, the API, who orders, and who does not know how; the latter have not been there before."""
    code = {"ZipFile": zipped({"app.py": BEFORE})}
    function(lab, FUNCTION, "", Runtime="python3.11", Timeout=10, MemorySize=256, Code=code)
    api = rest_api(lab, API, {"/checkout": {"post": to_function(lab, FUNCTION)}}, logging="ERROR")
    alarm(lab, API, "5XXError")
    function_alarm(lab, FUNCTION)
    lab.add(Customers(lab, "customers", url=url_of(api), arrivals=SELDOM))
    lab.add(Strangers(lab, "strangers", url=url_of(api), arrivals=Recorded(()), ledger=Ledger()))
