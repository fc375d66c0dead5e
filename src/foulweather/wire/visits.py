"""Users' requests that are no calls of an API: to the host names of a service's data plane, and preflights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import cast

from foulweather.kernel.http import HttpRequest
from foulweather.kernel.service import Service
from foulweather.kernel.services import Services
from foulweather.kernel.traffic import Traffic
from foulweather.world.world import World

REMEMBERED_MAX = 10_000


class Visits:
    """Finds whose data plane a request is for."""

    def __init__(self, services: Services, every_world: Callable[[], Iterable[World]]) -> None:
        self._services = services
        self._every_world = every_world
        self._with_traffic = [service for service in services.all() if service.has_traffic]
        self._patterns = [(re.compile(each.hosts), each) for each in self._with_traffic if each.hosts]
        self._known: dict[str, Service | None] = {}

    def visited(self, request: HttpRequest) -> Service | None:
        """The service whose data plane answers the request; None where it is for an API."""
        host = request.header("host")
        known = self._known
        found = known[host] if host in known else self._found(host)
        if found is None and request.method == "OPTIONS":
            every = list(self._every_world())
            for service in self._with_traffic:
                if any(self.traffic(service).serves(world, request) for world in every):
                    return service
            return next((service for service in self._with_traffic if service.name == "s3"), None)
        return found

    def addressed(self, name: str, world: World, request: HttpRequest) -> Traffic | None:
        """The data plane of the service to whose host a request was sent that is no call of its API."""
        service = self._services.find(name) if name else None
        if service is None or not service.has_traffic:
            return None
        traffic = self.traffic(service)
        return traffic if traffic.serves(world, request) else None

    def traffic(self, service: Service) -> Traffic:
        """What the service does with users' requests."""
        return cast(Traffic, self._services.part(service, "traffic"))

    def _found(self, host: str) -> Service | None:
        name = (host.rpartition(":")[0] if ":" in host else host).lower()
        found = next((service for pattern, service in self._patterns if pattern.fullmatch(name)), None)
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        self._known[host] = found
        return found
