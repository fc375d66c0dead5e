"""The door by which what runs inside a world calls its API: of that world alone, and never the admin API."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from foulweather.kernel.doors import Close, Doors
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.own_hosts import ADMIN_PATHS
from foulweather.wire.app import Admission, NoAnswer, Reply
from foulweather.wire.connection import Connection
from foulweather.wire.own_hosts import unspoken
from foulweather.wire.responses import plain
from foulweather.wire.server import Server
from foulweather.world.clock import wall_ms
from foulweather.world.flights import Flight, asking
from foulweather.world.world import World

if TYPE_CHECKING:
    from foulweather.wire.cloud import Cloud
    from foulweather.wire.tls import Authority

NAMELESS = "localhost"


class Inside:
    """Opens the doors of one world; `cloud` hosts that world and no other, `port` is where it is served outside."""

    def __init__(self, cloud: Cloud, port: Callable[[], int] = lambda: 0) -> None:
        self._cloud = cloud
        self._port = port
        self._signing: tuple[Authority, bytes] | None = None
        self._tls: ssl.SSLContext | None = None

    def opens(self, world: World) -> None:
        """Be who opens the doors of a world."""
        doors = Doors.of(world)
        doors.open, doors.hosts, doors.port = self.open, self, self._port

    async def open(self, listener: socket.socket, flight: Flight) -> Close:
        """Serve one piece of work on a listening socket."""
        return await self._opened(listener, flight, by_name=False)

    # --- the world's own hosts, by their names

    def serves(self, name: str) -> bool:
        """Whether a host is the world's."""
        return self._cloud.visits.serves_name(name)

    def root(self) -> bytes:
        """The certificate of the authority that signs for the world's hosts, in PEM."""
        return self._authority()[1]

    async def open_https(self, listener: socket.socket, flight: Flight) -> Close:
        """Serve the world's hosts to one piece of work, each with a certificate of its own."""
        if self._tls is None:
            self._tls = self._context()
        return await self._opened(listener, flight, self._tls, by_name=True)

    async def open_http(self, listener: socket.socket, flight: Flight) -> Close:
        """Serve the world's hosts to one piece of work."""
        return await self._opened(listener, flight, by_name=True)

    async def _opened(
        self, listener: socket.socket, flight: Flight, tls: ssl.SSLContext | None = None, *, by_name: bool
    ) -> Close:
        listener.setblocking(False)
        clock = self._cloud.default.world.clock
        server = Server(_Behind(self._cloud, flight, by_name=by_name), lambda: clock.now_ms)
        opened = await asyncio.get_running_loop().create_server(
            lambda: Connection(server, tls=tls is not None), sock=listener, ssl=tls
        )
        return opened.close

    def _context(self) -> ssl.SSLContext:
        """TLS that shows each client a certificate for the name that it asks for."""
        from foulweather.wire.greeting import Greeter

        authority, _ = self._authority()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(authority.minted(NAMELESS))
            file.flush()
            context.load_cert_chain(file.name)
        greeter = Greeter(context, authority, serves=lambda name: True)

        def named(spoken: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
            spoken.context = greeter.greet(name or "").context

        context.sni_callback = named
        return context

    def _authority(self) -> tuple[Authority, bytes]:
        """An authority that lives as long as this; clients judge it by the machine's clock."""
        if self._signing is None:
            from foulweather.wire.tls import Authority

            with tempfile.TemporaryDirectory() as folder:
                authority = Authority(Path(folder), wall_ms())
                self._signing = authority, Path(folder, "ca.pem").read_bytes()
        return self._signing


class _Behind:
    """The application behind one door."""

    def __init__(self, cloud: Cloud, flight: Flight, *, by_name: bool) -> None:
        self._cloud = cloud
        self._flight = flight
        self._by_name = by_name

    def admit(self, head: HttpRequest) -> Admission | HttpResponse:
        """As the cloud admits, but for the admin API."""
        return plain(403) if head.path.startswith(ADMIN_PATHS) else self._cloud.admit(head)

    def handle(self, request: HttpRequest) -> Reply:
        """As the cloud answers, but for the admin API; what takes time is in flight in the asker's place."""
        if request.path.startswith(ADMIN_PATHS):
            return plain(403)
        if self._by_name and unspoken(request.header("host").lower(), tls=request.tls):
            return NoAnswer(is_reset=True)  # nobody listens there
        asking.set(self._flight)
        reply = self._cloud.handle(request)
        asking.set(None)
        return self._waited(reply) if isinstance(reply, Awaitable) else reply

    async def _waited(self, reply: Awaitable[HttpResponse]) -> HttpResponse:
        with self._flight.waiting():
            return await reply
