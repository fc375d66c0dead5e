"""An API in front of a server of the company's own, which knows what is in stock."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, url_of
from foulweather.drilling.load.backends import Asking, Backend, Reply, to_backend
from foulweather.drilling.load.functions import QUIET

API, HOST = "stock", "stock.example.com"
OWN_MS = 60


class Stock(Backend):
    """Tells how much is left; it has that from its supplier, who takes his time."""

    SETTINGS = {
        **Backend.SETTINGS,
        "supplier": ("every-minute", "each-request", "never"),
        "supplier_timeout_s": ("60", "30", "10"),
        "threads": ("8", "64"),
    }
    RELEASABLE = ("supplier", "supplier_timeout_s", "threads")
    SUPPLIER_MS = 40_000

    def takes_ms(self, asked: Asking) -> int:
        """Its own work, and the supplier where it waits for him."""
        if self.settings["supplier"] != "each-request":
            return OWN_MS
        return OWN_MS + min(self.SUPPLIER_MS, 1000 * int(self.settings["supplier_timeout_s"]))

    def answer(self, asked: Asking) -> Reply:
        """What is left, or an error where the supplier did not answer in its time."""
        how = self.settings["supplier"]
        if how == "each-request" and 1000 * int(self.settings["supplier_timeout_s"]) < self.SUPPLIER_MS:
            return Reply(503, {"error": "the supplier does not answer"})
        return Reply(200, {"left": 0 if how == "never" else 3})


def build(lab: Lab) -> None:
    """The server, the API, the shop."""
    lab.add(Stock(lab, "stock", host=HOST))
    api = rest_api(lab, API, {"/stock": {"get": to_backend(f"http://{HOST}/stock")}}, logging="ERROR")
    lab.notes["api"] = api
    alarm(lab, API, "5XXError")
    alarm(lab, API, "IntegrationLatency", threshold=25_000, statistic="Maximum")
    lab.add(ApiClient(lab, "shop", url=url_of(api), arrivals=QUIET, path="/stock"))
