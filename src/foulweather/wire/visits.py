"""Users' requests that are no calls of an API: to the host names of a service's data plane, and preflights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import cast

from foulweather.kernel.http import HttpRequest
from foulweather.kernel.service import Service
from foulweather.kernel.services import Services
from foulweather.kernel.traffic import Greets, Terms, Traffic
from foulweather.world.world import World

REMEMBERED_MAX = 10_000
OUR_NAMES = ("localhost", ".localhost", ".amazonaws.com", ".on.aws", ".internal")


class Visits:
    """Finds whose data plane a request is for."""

    def __init__(self, services: Services, every_world: Callable[[], Iterable[World]]) -> None:
        self._services = services
        self._every_world = every_world
        self._with_traffic = [service for service in services.all() if service.has_traffic]
        self._patterns = [(re.compile(each.hosts), each) for each in self._with_traffic if each.hosts]
        self._under_paths = [(each.paths, each) for each in self._with_traffic if each.paths]
        self._with_endings = [each for each in self._with_traffic if each.endings]
        self._with_domains = [each for each in self._with_traffic if each.has_domains]
        self._known: dict[str, Service | None] = {}
        self._foreign: set[str] = set()

    def visited(self, request: HttpRequest) -> Service | None:
        """The service whose data plane answers the request; None where it is for an API."""
        host = request.header("host")
        known = self._known
        found = known[host] if host in known else self._found(host)
        if found is None:
            for start, service in self._under_paths:
                if request.path.startswith(start):
                    return service
            if host in self._foreign:
                found = self._by_domain(request)
            elif request.method == "GET" and "/." in request.path:
                found = self._by_ending(request)
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

    def is_domain(self, request: HttpRequest) -> bool:
        """Whether a request is for a name of a customer's own, which a service answers under."""
        if any(request.path.startswith(start) for start, _ in self._under_paths):
            return False  # a path that leads somewhere whatever the host says nothing about the host
        return self._by_domain(request) is not None

    def serves_name(self, name: str) -> bool:
        """Whether a service's data plane, or AWS as it is here, answers under a host name."""
        if name.endswith(OUR_NAMES):
            return True
        return self.visited(HttpRequest("GET", "/", "", [("Host", name)])) is not None

    def terms(self, name: str) -> Terms | None:
        """How a name of a customer's own wants to be spoken to in TLS."""
        for service in self._with_domains:
            traffic: object = self.traffic(service)
            if isinstance(traffic, Greets):
                for world in self._every_world():
                    found = traffic.terms(world, name)
                    if found is not None:
                        return found
        return None

    def unmet(self, name: str, reason: str) -> None:
        """Have a handshake that came to nothing put on record where the name is."""
        for service in self._with_domains:
            traffic: object = self.traffic(service)
            if isinstance(traffic, Greets):
                for world in self._every_world():
                    if traffic.terms(world, name) is not None:
                        traffic.unmet(world, name, reason)

    def _by_ending(self, request: HttpRequest) -> Service | None:
        """The service of what a path names that ends as its documents do (`/.well-known/jwks.json`)."""
        for service in self._with_endings:
            if request.path.endswith(service.endings):
                traffic = self.traffic(service)
                if any(traffic.serves(world, request) for world in self._every_world()):
                    return service
        return None

    def _by_domain(self, request: HttpRequest) -> Service | None:
        """The service that answers under a name of its customers' own."""
        for service in self._with_domains:
            traffic = self.traffic(service)
            if any(traffic.serves(world, request) for world in self._every_world()):
                return service
        return None

    def _found(self, host: str) -> Service | None:
        name = (host.rpartition(":")[0] if ":" in host else host).lower()
        found = next((service for pattern, service in self._patterns if pattern.fullmatch(name)), None)
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
            self._foreign.clear()
        self._known[host] = found
        if found is None and _is_foreign(host):
            self._foreign.add(host)
        return found


def _is_foreign(host: str) -> bool:
    """Whether a Host header has a name that is neither this machine's nor AWS's (`api.example.com.localhost` is)."""
    name = (host.rpartition(":")[0] if ":" in host else host).lower()
    if name.endswith(".localhost"):
        return name.count(".") > 1
    return "." in name and not name.endswith(OUR_NAMES) and not name[-1].isdecimal()
