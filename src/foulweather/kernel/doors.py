"""How what runs inside a world (a function, a task) reaches that world's API: by doors that the front end opens."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

from foulweather.world.flights import Flight
from foulweather.world.world import World

Close = Callable[[], None]
Open = Callable[[socket.socket, Flight], Awaitable[Close]]
"""Serves the world's API on a listening socket to work that is in flight; what it gives ends that."""


class Hosts(Protocol):
    """The world's own hosts (an API's, a bucket's, a function URL's), for what runs inside and asks by their names."""

    def serves(self, name: str) -> bool:
        """Whether a host is the world's."""
        ...

    def root(self) -> bytes:
        """The certificate, in PEM, of the authority that signs theirs."""
        ...

    async def open_https(self, listener: socket.socket, flight: Flight) -> Close:
        """Serve all of them on a listening socket."""
        ...

    async def open_http(self, listener: socket.socket, flight: Flight) -> Close:
        """Serve all of them on a listening socket, without TLS."""
        ...


class Doors:
    """One world's; whoever serves the world sets them. Where nobody does, what runs inside reaches nothing."""

    def __init__(self) -> None:
        self.open: Open | None = None
        self.hosts: Hosts | None = None
        self.port: Callable[[], int] = lambda: 0
        """The port at which the world is served outside; 0 where it is at none."""

    @classmethod
    def of(cls, world: World) -> Doors:
        """The world's own."""
        found = world.attached.get(cls)
        if not isinstance(found, cls):
            found = world.attached[cls] = cls()
        return found
