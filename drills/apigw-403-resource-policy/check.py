"""Both houses of ACME are served, and nobody else."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import probes, since, unexpected
from foulweather.drilling.load.apis import clients, failing, unserved
from foulweather.kernel.why import Why


def symptom(lab: Lab) -> Why | None:
    """Five requests that were denied."""
    return failing(lab, "branch", "{} requests of the branch were denied", status=403) if lab.struck_at_ms else None


def check(lab: Lab) -> Why | None:
    """Traffic of both, then everybody else."""
    since_ms = since(lab)
    unwell: Why | None = None
    for asking in clients(lab):
        unwell = unwell or unserved(lab, asking.name, since_ms)
    for name in probes(lab).probes:
        told = f"ACME is served, but a request from {name} is answered as well: {{}}."
        unwell = unwell or unexpected(lab, since_ms, name, 403, told)
    return unwell
