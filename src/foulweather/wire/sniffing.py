"""One port for HTTP and HTTPS: the first byte of a connection tells them apart."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import TYPE_CHECKING

from foulweather.wire.connection import Connection
from foulweather.wire.greeting import Greeter, Greeting
from foulweather.wire.hello import HELLO_BYTES_MAX, server_name

if TYPE_CHECKING:
    from foulweather.wire.server import Server

log = logging.getLogger("foulweather.wire")

# The first byte of a TLS record that carries a handshake (RFC 8446, 5.1); no HTTP method starts so.
_TLS_HANDSHAKE = b"\x16"
# How soon a client that has sent only a part of its first message is looked at again, and how late at most.
_AGAIN_S = 0.002
_AGAIN_S_MAX = 0.25


class Sniffer:
    """A listener that looks at a connection's first byte before it hands the connection on."""

    def __init__(self, server: Server, listening: socket.socket, greeter: Greeter) -> None:
        self.sockets = (listening,)
        self._server = server
        self._greeter = greeter
        self._loop = asyncio.get_running_loop()
        # Accepted sockets that have sent nothing yet, each with the timer that gives it up.
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}
        self._handovers: set[asyncio.Task[None]] = set()

    @classmethod
    async def listen(cls, server: Server, host: str, port: int, greeter: Greeter, backlog: int) -> Sniffer:
        """Bind and start accepting."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        try:
            listening.bind(address)
            listening.listen(backlog)
        except OSError:
            listening.close()
            raise
        sniffer = cls(server, listening, greeter)
        loop.add_reader(listening, sniffer._accept)
        return sniffer

    def close(self) -> None:
        """Stop accepting, and drop those that have not spoken yet."""
        self._loop.remove_reader(self.sockets[0])
        self.sockets[0].close()
        for client in list(self._silent):
            self._drop(client)

    def _accept(self) -> None:
        for _ in range(64):
            try:
                client, _address = self.sockets[0].accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                log.error("accepting a connection failed: %s", error)
                return
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if len(self._silent) + len(self._handovers) >= self._server.limits.connections_max:
                client.close()
                continue
            wait_s = self._server.limits.header_timeout_s
            self._silent[client] = self._loop.call_later(wait_s, self._drop, client)
            self._loop.add_reader(client, self._first_byte, client)

    def _first_byte(self, client: socket.socket) -> None:
        try:
            first = client.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        if not first:
            self._drop(client)
            return
        self._loop.remove_reader(client)
        if first == _TLS_HANDSHAKE:
            self._greet(client, _AGAIN_S)
        else:
            self._begin(client, None)

    def _greet(self, client: socket.socket, again_s: float) -> None:
        """Greet a TLS client by the name that it asks for, once its first message is all there."""
        if client not in self._silent:
            return  # it took too long
        try:
            name = server_name(client.recv(HELLO_BYTES_MAX, socket.MSG_PEEK))
        except OSError:
            self._drop(client)
            return
        if name is None:
            self._loop.call_later(again_s, self._greet, client, min(2 * again_s, _AGAIN_S_MAX))
            return
        try:
            greeting = self._greeter.greet(name)
        except Exception:
            log.exception("a client that asked for %r could not be greeted", name)
            self._drop(client)
            return
        self._begin(client, greeting)

    def _begin(self, client: socket.socket, greeting: Greeting | None) -> None:
        self._silent.pop(client).cancel()
        task = self._loop.create_task(self._hand_over(client, greeting))
        self._handovers.add(task)
        task.add_done_callback(self._handovers.discard)

    async def _hand_over(self, client: socket.socket, greeting: Greeting | None) -> None:
        def connection() -> Connection:
            return Connection(self._server, tls=greeting is not None, greeting=greeting)

        try:
            if greeting is not None:
                wait_s = self._server.limits.header_timeout_s
                await self._loop.connect_accepted_socket(
                    connection, client, ssl=greeting.context, ssl_handshake_timeout=wait_s
                )
            else:
                await self._loop.connect_accepted_socket(connection, client)
        except (TimeoutError, OSError, ssl.SSLError) as error:
            log.info("a connection was given up: %s", error)
            client.close()
            if greeting is not None and greeting.has_terms and isinstance(error, ssl.SSLError):
                told = getattr(error, "verify_message", "")
                self._greeter.unmet(greeting.name, f"{error.reason}: {told}" if told else error.reason or str(error))

    def _drop(self, client: socket.socket) -> None:
        timer = self._silent.pop(client, None)
        if timer is not None:
            timer.cancel()
            self._loop.remove_reader(client)
        client.close()
