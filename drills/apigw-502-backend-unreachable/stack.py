"""An API in front of a server of the company's own, over TLS."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, url_of
from foulweather.drilling.load.backends import Asking, Backend, Reply, to_backend
from foulweather.drilling.load.functions import QUIET

API, HOST = "prices", "prices.example.com"
URL = f"https://{HOST}/prices"


class Prices(Backend):
    """Tells prices; to plain HTTP as well, for whoever is in its own network."""

    SETTINGS = {
        **Backend.SETTINGS,
        "certificate": ("public-ca-2025", "public-ca-2026", "company-ca", "www-only"),
        "port_443": ("open", "closed"),
    }
    RELEASABLE = ("certificate", "port_443")
    SHOWN = {"public-ca-2025": "expired", "company-ca": "self-signed", "www-only": "other-name"}

    @property
    def certificate(self) -> str:
        """The one of last year is good until the day of the incident."""
        named = self.settings["certificate"]
        if named == "public-ca-2025" and not self.lab.struck_at_ms:
            return "valid"
        return self.SHOWN.get(named, "valid")

    def configured(self) -> None:
        """Whether anybody listens on 443."""
        self.settings["port"] = self.settings["port_443"]

    def deploy(self, settings: dict[str, str]) -> None:
        """Take on new settings."""
        super().deploy(settings)
        self.configured()

    def answer(self, asked: Asking) -> Reply:
        """One price."""
        return Reply(200, {"chair": 49})


def build(lab: Lab) -> None:
    """The server, the API, the shop."""
    lab.add(Prices(lab, "prices", host=HOST))
    api = rest_api(lab, API, {"/prices": {"get": to_backend(URL)}}, logging="ERROR")
    lab.notes["api"] = api
    alarm(lab, API, "5XXError")
    lab.add(ApiClient(lab, "shop", url=url_of(api), arrivals=QUIET, path="/prices"))
