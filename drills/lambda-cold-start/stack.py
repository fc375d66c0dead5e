"""A pricing function that is asked in bursts: twelve agents' screens refresh at once, every twenty minutes."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Made, Recorded
from foulweather.drilling.load.functions import Caller, alarm, answered, function

FUNCTION, ALIAS = "quote", "live"
SCREENS = 12
LEAN = "duration_ms = {p50 = 90, p99 = 250}\ninit_ms = 180\nmemory_mib = 300\nresponse = {price = 42}\n"
HEAVY = "duration_ms = {p50 = 90, p99 = 250}\ninit_ms = 4300\nmemory_mib = 700\nresponse = {price = 42}\n"
EVERY_MS = 1_200_000
SELDOM = Recorded((5_000,), every_ms=EVERY_MS)


class Screens(Caller):
    """Agents' screens; a release says which version or alias they ask."""

    RELEASABLE = ("qualifier", "retry", "attempts")
    SETTINGS = {**Caller.SETTINGS, "qualifier": ("$LATEST", ALIAS, "1", "2")}

    def make(self, n: int, now_ms: int) -> Made | None:
        """One quote."""
        made = super().make(n, now_ms)
        if made is None:
            return None
        method, asked, key = made
        more: dict[str, Any] = {"Qualifier": self.settings["qualifier"]}
        return method, {**asked, **more}, key


def build(lab: Lab) -> None:
    """The function with an alias that points to its first version, and the screens."""
    function(lab, FUNCTION, LEAN, Timeout=30, MemorySize=1769)
    lab.at(lab.now_ms + 30_000, lambda: publish(lab, "create_alias"))
    alarm(lab, FUNCTION, "Duration", "Maximum", 1000.0)
    lab.add(Screens(lab, "agents", function=FUNCTION, arrivals=SELDOM, retry="jitter"))


def publish(lab: Lab, how: str) -> None:
    """Make a version of the code as it is, and have the alias point to it."""
    client = lab.client("lambda")
    version = answered(client.publish_version(FunctionName=FUNCTION))["Version"]
    answered(getattr(client, how)(FunctionName=FUNCTION, Name=ALIAS, FunctionVersion=version))
