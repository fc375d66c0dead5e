"""An API that takes orders by a model, a shop, and the tests of the contract that run all day."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Ledger, Recorded
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function

API, MODEL, FUNCTION = "orders", "CreateOrderRequest", "take-order"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["customerId", "items"],
    "properties": {
        "customerId": {"type": "string", "minLength": 1},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["productId", "quantity"],
                "properties": {"productId": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
            },
        },
    },
}
ITEM = {"productId": "P-1", "quantity": 2}
VIOLATIONS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"customerId": "c-1", "items": [{"productId": "P-1", "quantity": 0}]}, "required minimum"),
    ({"customerId": "c-1", "items": []}, "array is too short"),
    ({"customerId": "", "items": [ITEM]}, "is too short"),
    ({"items": [ITEM]}, "customerId"),
    ({"customerId": "c-1", "items": [{"quantity": 1}]}, "productId"),
    ({"customerId": "c-1", "items": [{"productId": "P-1", "quantity": 1.5}]}, "does not match"),
)
"""Orders with one thing wrong each, and what an answer that says it has in it."""
SOME = Recorded((5_000, 10_000, 15_000, 20_000), every_ms=1_200_000)
TAKE = 'duration_ms = 30\nmemory_mib = 80\ninit_ms = 200\nresponse = {statusCode = 201, body = "{}"}\n'


class Shop(ApiClient):
    """Sells; how it writes gifts and what it does with an empty cart is in its release."""

    SETTINGS = {**ApiClient.SETTINGS, "gifts": ("one", "zero"), "empty_cart": ("kept", "sent")}
    RELEASABLE = ("gifts", "empty_cart")

    def make(self, n: int, now_ms: int) -> Any:
        """The n-th customer: every fifth has an empty cart, which is no order."""
        if n % 5 == 4 and self.settings["empty_cart"] == "kept":
            return None
        return super().make(n, now_ms)

    def request(self, n: int) -> tuple[str, str, dict[str, str], Any]:
        """Every third order is a gift."""
        gift = {"productId": "P-9", "quantity": 0 if self.settings["gifts"] == "zero" else 1}
        items = [] if n % 5 == 4 else [ITEM, gift] if n % 3 == 0 else [ITEM]
        return "POST", "/orders", dict(self.headers), {"customerId": f"c-{n}", "items": items}


class ContractTests(ApiClient):
    """Sends one order after the other with one thing wrong."""

    def request(self, n: int) -> tuple[str, str, dict[str, str], Any]:
        """The next violation."""
        return "POST", "/orders", dict(self.headers), VIOLATIONS[n % len(VIOLATIONS)][0]


def build(lab: Lab) -> None:
    """The API with its model and validator, its clients."""
    function(lab, FUNCTION, TAKE, Timeout=10)
    body = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{MODEL}"}}}}
    operation = to_function(lab, FUNCTION, requestBody=body, **{"x-amazon-apigateway-request-validator": "all"})
    validators = {"all": {"validateRequestParameters": True, "validateRequestBody": True}}
    lab.notes["api"] = api = rest_api(
        lab,
        API,
        {"/orders": {"post": operation}},
        logging="ERROR",
        components={"schemas": {MODEL: SCHEMA}},
        **{"x-amazon-apigateway-request-validators": validators},
    )
    alarm(lab, API, "4XXError", threshold=0.3)
    lab.add(Shop(lab, "web-shop", url=url_of(api), arrivals=SOME))
    lab.add(ContractTests(lab, "contract-tests", url=url_of(api), arrivals=QUIET, ledger=Ledger()))
