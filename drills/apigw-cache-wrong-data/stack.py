"""An API in front of the company's own server of orders; two people who read theirs, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, patch, rest_api, set_stage, url_of
from foulweather.drilling.load.backends import Asking, Backend, Reply, to_backend
from foulweather.drilling.load.functions import QUIET

API, HOST = "orders", "orders.example.com"
URL = f"https://{HOST}/orders"
USERS, PAGES = ("ann", "bob"), ("1", "2")


def page(user: str, cursor: str) -> str:
    """What a user is to see."""
    return f'{{"orders": "page {cursor} of {user}"}}'


class Orders(Backend):
    """Knows by the token whose orders are asked for."""

    def __init__(self, lab: Lab, name: str, *, host: str, **settings: str) -> None:
        super().__init__(lab, name, host=host, **settings)
        self.times: list[int] = []

    def answer(self, asked: Asking) -> Reply:
        """One page of one user."""
        self.times.append(asked.at_ms)
        user = asked.headers.get("authorization", "").removeprefix("Bearer t-") or "nobody"
        named = dict(pair.split("=") for pair in asked.query.split("&") if pair)
        return Reply(200, {"orders": f"page {named.get('cursor', '1')} of {user}"})


class Readers(ApiClient):
    """Ann and Bob, who turn pages."""

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """The n-th page that is opened."""
        user, cursor = self.wanted(n)
        return "GET", f"/orders?limit=20&cursor={cursor}", {"Authorization": f"Bearer t-{user}"}, b""

    def wanted(self, n: int) -> tuple[str, str]:
        """Whose it is, and which."""
        return USERS[n % 2], PAGES[n // 2 % 2]

    def wrong(self, since_ms: int) -> list[str]:
        """What was shown of another page, or to another user than it is for."""
        told: list[str] = []
        for asked in self.since(since_ms):
            user, cursor = self.wanted(asked.number)
            if asked.text != page(user, cursor):
                told.append(f"{user} asked for page {cursor} and was shown {asked.text}")
        return told


def build(lab: Lab) -> None:
    """The server, the API with a cache that nothing uses yet, the readers."""
    lab.add(Orders(lab, "orders", host=HOST))
    parameters = [{"name": name, "in": "query", "required": False} for name in ("limit", "cursor")]
    parameters.append({"name": "Authorization", "in": "header", "required": True})
    described = [{**one, "schema": {"type": "string"}} for one in parameters]
    api = rest_api(lab, API, {"/orders": {"get": {**to_backend(URL), "parameters": described}}})
    lab.notes["api"] = api
    set_stage(lab, api, patch("/cacheClusterEnabled", "true"), patch("/cacheClusterSize", "0.5"))
    lab.add(Readers(lab, "readers", url=url_of(api), arrivals=QUIET))
