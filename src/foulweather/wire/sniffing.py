"""One port for HTTP and HTTPS: the first byte of a connection tells them apart."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import TYPE_CHECKING

from foulweather.wire.connection import Connection

if TYPE_CHECKING:
    from foulweather.wire.server import Server

log = logging.getLogger("foulweather.wire")

# The first byte of a TLS record that carries a handshake (RFC 8446, 5.1); no HTTP method starts so.
_TLS_HANDSHAKE = b"\x16"


class Sniffer:
    """A listener that looks at a connection's first byte before it hands the connection on."""

    def __init__(self, server: Server, listening: socket.socket, tls: ssl.SSLContext) -> None:
        self.sockets = (listening,)
        self._server = server
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        # Accepted sockets that have sent nothing yet, each with the timer that gives it up.
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}
        self._handovers: set[asyncio.Task[None]] = set()

    @classmethod
    async def listen(cls, server: Server, host: str, port: int, tls: ssl.SSLContext, backlog: int) -> Sniffer:
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
        sniffer = cls(server, listening, tls)
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
            if len(self._silent) >= self._server.limits.connections_max:
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
        self._silent.pop(client).cancel()
        task = self._loop.create_task(self._hand_over(client, first == _TLS_HANDSHAKE))
        self._handovers.add(task)
        task.add_done_callback(self._handovers.discard)

    async def _hand_over(self, client: socket.socket, is_tls: bool) -> None:
        def connection() -> Connection:
            return Connection(self._server, tls=is_tls)

        try:
            if is_tls:
                wait_s = self._server.limits.header_timeout_s
                await self._loop.connect_accepted_socket(
                    connection, client, ssl=self._tls, ssl_handshake_timeout=wait_s
                )
            else:
                await self._loop.connect_accepted_socket(connection, client)
        except (TimeoutError, OSError, ssl.SSLError) as error:
            log.info("a connection was given up: %s", error)
            client.close()

    def _drop(self, client: socket.socket) -> None:
        timer = self._silent.pop(client, None)
        if timer is not None:
            timer.cancel()
            self._loop.remove_reader(client)
        client.close()
