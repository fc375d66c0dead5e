"""What the server is: for people, for scripts that wait for it, and for tooling that knows another path."""

from __future__ import annotations

import sys

import msgspec

from foulweather import __version__
from foulweather.wire.admin.asking import Asked, Endpoint, Refused
from foulweather.wire.admin.clocks import ClockShown, shown


class Health(msgspec.Struct, frozen=True):
    """A server that answers, and what it serves.

    `data_directory` is empty for worlds that live in memory.
    """

    name: str
    version: str
    host: str
    port: int
    pid: int
    tls: bool
    strict: bool
    data_directory: str
    log_file: str
    services: list[str]
    worlds: list[str]
    clock: ClockShown


class ToolingHealth(msgspec.Struct, frozen=True):
    """What tools for emulators wait for: the services that are built, and no others."""

    services: dict[str, str]
    edition: str
    version: str


def health(asked: Asked) -> Health:
    """The facts of the server."""
    admin, cloud = asked.admin, asked.cloud
    opened = admin.opened.get(cloud.default.world.name)
    directory = opened.directory if opened is not None else None
    return Health(
        name="foulweather",
        version=__version__,
        host=admin.facts.host,
        port=admin.facts.port,
        pid=admin.facts.pid,
        tls=admin.facts.tls,
        strict=cloud.is_strict,
        data_directory=str(directory) if directory is not None else "",
        log_file=admin.facts.log_file,
        services=[service.name for service in cloud.services.all()],
        worlds=list(cloud.worlds),
        clock=shown(asked.hosted.world),
    )


def tooling_health(asked: Asked) -> ToolingHealth:
    """Every service that is built: running once it was called, available before."""
    services = {
        service.name: "running" if f"{service.package}.access" in sys.modules else "available"
        for service in asked.cloud.services.all()
    }
    return ToolingHealth(services, "foulweather", __version__)


def no_init(asked: Asked) -> None:
    """There are no start-up scripts to ask about."""
    raise Refused(404, "NoSuchEndpoint", "Foulweather has no init scripts.")


ENDPOINTS = (
    Endpoint("GET", "health", health, "The server's facts", Health, query=("world",)),
    Endpoint("GET", "/_localstack/health", tooling_health, "The services that are built, for tooling", ToolingHealth),
    Endpoint("GET", "/_localstack/init", no_init, "Always 404"),
)
