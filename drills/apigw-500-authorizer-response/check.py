"""Who has signed in is served, and nobody else."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import probes, since, unexpected
from foulweather.drilling.load.apis import failing, unserved
from foulweather.kernel.why import Why


def symptom(lab: Lab) -> Why | None:
    """Five requests that failed."""
    return failing(lab, "ann", "{} requests of people who have signed in failed", status=500)


def check(lab: Lab) -> Why | None:
    """Traffic, then who must stay outside."""
    since_ms = since(lab)
    unwell = unserved(lab, "ann", since_ms)
    for name in probes(lab).probes:
        told = f"People are served, and so is a request {name}: {{}}."
        unwell = unwell or unexpected(lab, since_ms, name, 401, told, '{"message":"Unauthorized"}')
    return unwell
