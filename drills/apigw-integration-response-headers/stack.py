"""An API that makes its own responses of what a server answers; a web page of another origin reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import Probe, Probes
from foulweather.drilling.load.apis import ApiClient, rest_api, url_of
from foulweather.drilling.load.backends import Asking, Backend, Reply
from foulweather.drilling.load.functions import QUIET

API, HOST, ORIGIN = "orders", "orders.example.com", "https://shop.example.com"
CORS, HEADER = "Access-Control-Allow-Origin", "X-Order-Version"
EXPECTED = {"an order": (200, "/orders/1"), "no order": (404, "/orders/999"), "the server's error": (500, "/orders/13")}


class Orders(Backend):
    """Has a hundred orders, one of which makes it stumble."""

    def answer(self, asked: Asking) -> Reply:
        """One order, none, or an error."""
        number = int(asked.path.rpartition("/")[2])
        if number == 13:
            return Reply(503, {"error": "try later"}, {HEADER: "0"})
        if number > 100:
            return Reply(404, {"error": "no such order"}, {HEADER: "0"})
        return Reply(200, {"order": number}, {HEADER: "7"})


class Page(ApiClient):
    """A web page whose users look for orders; every third is not there."""

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """The n-th look."""
        return "GET", f"/orders/{999 if n % 3 == 2 else 1 + n % 3}", {"Origin": ORIGIN}, b""

    def wrong(self, since_ms: int) -> list[str]:
        """Answers whose status is another than what the server said."""
        told: list[str] = []
        for asked in self.since(since_ms):
            status = 404 if asked.number % 3 == 2 else 200
            if asked.status != status:
                told.append(f"{asked.status} {asked.text} where the server said {status}")
        return told


def responses() -> dict[str, Any]:
    """What the method may answer, and which of the server's answers becomes which."""
    headers = {name: {"schema": {"type": "string"}} for name in (CORS, HEADER)}
    mapped = {
        f"method.response.header.{CORS}": f"'{ORIGIN}'",
        f"method.response.header.{HEADER}": f"integration.response.header.{HEADER}",
    }
    patterns = {"default": "200", "4\\d{2}": "404", "5\\d{2}": "500"}
    return {
        "method": {status: {"description": status, "headers": headers} for status in patterns.values()},
        "integration": {
            pattern: {"statusCode": status, "responseParameters": mapped} for pattern, status in patterns.items()
        },
    }


def build(lab: Lab) -> None:
    """The server, the API, the page."""
    lab.add(Orders(lab, "orders", host=HOST))
    told = responses()
    integration = {
        "type": "http",
        "httpMethod": "GET",
        "uri": f"http://{HOST}/orders/{{id}}",
        "requestParameters": {"integration.request.path.id": "method.request.path.id"},
        "responses": told["integration"],
    }
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    method = {
        "parameters": [parameter],
        "responses": told["method"],
        "x-amazon-apigateway-integration": integration,
    }
    api = rest_api(lab, API, {"/orders/{id}": {"get": method}})
    lab.notes["api"] = api
    lab.add(Page(lab, "page", url=url_of(api), arrivals=QUIET))
    lab.add(Probes(lab, url_of(api), {name: Probe("GET", path) for name, (_, path) in EXPECTED.items()}))
