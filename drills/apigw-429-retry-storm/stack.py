"""A shop whose orders go through an API that lets five a second through."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, alarm, patch, rest_api, set_stage, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function

API = "orders"
RATE, BURST = 5, 10
ROUND_TRIP_MS = 80
WORK = 'duration_ms = 80\nmemory_mib = 80\ninit_ms = 200\nresponse = {statusCode = 201, body = "{}"}\n'


class Shop(ApiClient):
    """Puts each order under its own number; how it tries again is in its release."""

    RELEASABLE = ("retry", "attempts", "backoff_ms", "backoff_max_ms")

    def request(self, n: int) -> tuple[str, str, dict[str, str], Any]:
        """The n-th order."""
        return "PUT", f"/orders/order-{n}", dict(self.headers), {"items": [n]}

    def pause_ms(self, attempt: int) -> int:
        """At once means: as soon as the refusal has come back."""
        return ROUND_TRIP_MS + super().pause_ms(attempt)


def build(lab: Lab) -> None:
    """The limit, the logs, a shop that waits longer after each refusal."""
    function(lab, "orders", WORK, Timeout=10)
    paths = {"/orders/{id}": {"put": to_function(lab, "orders")}}
    lab.notes["api"] = api = rest_api(lab, API, paths, access_log=True)
    every = "/*/*/throttling"
    set_stage(lab, api, patch(f"{every}/rateLimit", RATE), patch(f"{every}/burstLimit", BURST))
    alarm(lab, API, "4XXError", threshold=0.5)
    settings = {"retry": "jitter", "attempts": "6", "backoff_ms": "4000", "backoff_max_ms": "20000"}
    lab.add(Shop(lab, "shop", url=url_of(api), arrivals=QUIET, **settings))
