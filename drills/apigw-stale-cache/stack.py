"""An API in front of the company's own server of orders: a shop that places them, and screens that show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import Probe, Probes
from foulweather.drilling.load.apis import ApiClient, patch, rest_api, set_stage, url_of
from foulweather.drilling.load.backends import Asking, Backend, Reply, to_backend
from foulweather.drilling.load.functions import QUIET

API, HOST, AFRESH = "orders", "orders.example.com", "ask afresh as a stranger"
URL = f"https://{HOST}/orders"


class Orders(Backend):
    """Keeps the last orders."""

    def __init__(self, lab: Lab, name: str, *, host: str, **settings: str) -> None:
        super().__init__(lab, name, host=host, **settings)
        self.numbers: list[int] = []
        self.read_ms: list[int] = []

    def answer(self, asked: Asking) -> Reply:
        """Takes one, or tells the last twenty."""
        if asked.method == "POST":
            self.numbers = [*self.numbers[-19:], json.loads(asked.body)["number"]]
            return Reply(200, {"taken": self.numbers[-1]})
        self.read_ms.append(asked.at_ms)
        return Reply(200, {"orders": self.numbers})


class Shop(ApiClient):
    """Places an order, then looks for it in the list five seconds later."""

    SETTINGS = {**ApiClient.SETTINGS, "refresh": ("never", "after-placing")}
    RELEASABLE = ("refresh",)

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """Places and looks in turn."""
        if n % 2 == 0:
            return "POST", "/orders", self.headers, {"number": n}
        afresh = {"Cache-Control": "max-age=0"} if self.settings["refresh"] == "after-placing" else {}
        return "GET", "/orders", {**self.headers, **afresh}, b""

    def missed(self, since_ms: int) -> list[int]:
        """Orders that were not in the list."""
        looked = [asked for asked in self.since(since_ms) if asked.number % 2 and asked.status == 200]
        return [one.number - 1 for one in looked if one.number - 1 not in json.loads(one.text).get("orders", [])]


def build(lab: Lab) -> None:
    """The server, the API with its cache, the shop, the screens."""
    lab.add(Orders(lab, "orders", host=HOST))
    paths = {"/orders": {"get": to_backend(URL), "post": to_backend(URL, "POST")}}
    api = rest_api(lab, API, paths)
    lab.notes["api"] = api
    method = "/~1orders/GET/caching"
    set_stage(
        lab,
        api,
        patch("/cacheClusterEnabled", "true"),
        patch("/cacheClusterSize", "0.5"),
        patch(f"{method}/ttlInSeconds", 2),
        patch(f"{method}/enabled", "true"),
    )
    lab.add(Shop(lab, "shop", url=url_of(api), arrivals=QUIET))
    lab.add(ApiClient(lab, "screens", url=url_of(api), arrivals=QUIET, path="/orders"))
    lab.add(Probes(lab, url_of(api), {AFRESH: Probe("GET", "/orders", {"Cache-Control": "max-age=0"})}))
