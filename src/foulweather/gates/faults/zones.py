"""Which services have something in an Availability Zone that a zone fault can take away.

A service that asks `Faults.zone_impaired` says so in its manifest: `obeys=("zone",)`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

from foulweather.kernel.services import Services


def obeying(service: str) -> list[str]:
    """The services of a pattern that ask whether a zone is impaired."""
    return [name for name in declared() if fnmatchcase(name, service)]


@cache
def declared() -> tuple[str, ...]:
    """Every built service whose manifest says that it obeys zone faults."""
    return tuple(service.name for service in Services().all() if "zone" in service.obeys)
