"""The door by which what runs inside a world calls its API: of that world alone, and never the admin API."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from foulweather.kernel.doors import Close
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.app import Admission, Reply
from foulweather.wire.connection import Connection
from foulweather.wire.guard import ADMIN_PATHS
from foulweather.wire.responses import plain
from foulweather.wire.server import Server
from foulweather.world.flights import Flight, asking

if TYPE_CHECKING:
    from foulweather.wire.cloud import Cloud


class Inside:
    """Opens the doors of one world; `cloud` hosts that world and no other."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def open(self, listener: socket.socket, flight: Flight) -> Close:
        """Serve one piece of work on a listening socket."""
        listener.setblocking(False)
        clock = self._cloud.default.world.clock
        server = Server(_Behind(self._cloud, flight), lambda: clock.now_ms)
        opened = await asyncio.get_running_loop().create_server(lambda: Connection(server), sock=listener)
        return opened.close


class _Behind:
    """The application behind one door."""

    def __init__(self, cloud: Cloud, flight: Flight) -> None:
        self._cloud = cloud
        self._flight = flight

    def admit(self, head: HttpRequest) -> Admission | HttpResponse:
        """As the cloud admits, but for the admin API."""
        return plain(403) if head.path.startswith(ADMIN_PATHS) else self._cloud.admit(head)

    def handle(self, request: HttpRequest) -> Reply:
        """As the cloud answers, but for the admin API; what takes time is in flight in the asker's place."""
        if request.path.startswith(ADMIN_PATHS):
            return plain(403)
        asking.set(self._flight)
        reply = self._cloud.handle(request)
        asking.set(None)
        return self._waited(reply) if isinstance(reply, Awaitable) else reply

    async def _waited(self, reply: Awaitable[HttpResponse]) -> HttpResponse:
        with self._flight.waiting():
            return await reply
