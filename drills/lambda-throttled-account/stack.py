"""Two functions that users wait for, and one that renders documents of the archive for a quarter of an hour each."""

from __future__ import annotations

import json

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import LoadClient, Made, Recorded
from foulweather.drilling.load.functions import Caller, alarm, function

CRITICAL = ("checkout", "login")
ARCHIVE = "render-archive"
RENDERING_S = 840
QUICK = "duration_ms = {p50 = 60, p99 = 200}\ninit_ms = 200\nresponse = {statusCode = 200}\n"
SLOW = f"duration_ms = {RENDERING_S * 1000}\ninit_ms = 900\n"
QUIET = Recorded((7_000,), every_ms=1_200_000)
SELDOM = Recorded((90_000,), every_ms=14_400_000)


class Users(Caller):
    """They wait for their answer."""

    RELEASABLE = ("retry", "attempts")


class Archivist(LoadClient):
    """Sends documents to be rendered, and waits for none of them."""

    RELEASABLE = ()

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name, service="lambda", arrivals=SELDOM)

    def make(self, n: int, now_ms: int) -> Made:
        """One document."""
        payload = json.dumps({"document": n}).encode()
        return "invoke", {"FunctionName": ARCHIVE, "InvocationType": "Event", "Payload": payload}, None


def build(lab: Lab) -> None:
    """The three functions, each with a role of its own; nothing is reserved for any."""
    for name in CRITICAL:
        function(lab, name, QUICK, Timeout=10)
        alarm(lab, name, "Throttles")
    function(lab, ARCHIVE, SLOW, Timeout=900)
    for name, users in zip(CRITICAL, ("shop", "accounts"), strict=True):
        lab.add(Users(lab, users, function=name, arrivals=QUIET, retry="jitter", attempts="3"))
    lab.add(Archivist(lab, "archivist"))
