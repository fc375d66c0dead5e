"""The HTTP listener: accepts connections, watches their deadlines, stops with grace."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol

from foulweather.wire.app import BUFFER, STREAM, Admission, App, Deferred, Limits, Reply
from foulweather.wire.connection import Connection
from foulweather.wire.greeting import Greeter
from foulweather.wire.responses import DateLine
from foulweather.wire.sniffing import Sniffer

__all__ = ["BUFFER", "STREAM", "Admission", "App", "Deferred", "Limits", "Reply", "Server", "new_event_loop"]

# How finely time-outs are watched: one walk over all connections per tick, no timer per connection.
_TICK_S = 0.25


class Connected(Protocol):
    """A client's connection: one that speaks HTTP, or one that has become a WebSocket."""

    def sweep(self, tick: int) -> None:
        """Act on the deadlines that have passed."""
        ...

    def retire(self) -> None:
        """Close if nothing is under way here."""
        ...

    def cut(self) -> None:
        """Close whatever is under way."""
        ...


def new_event_loop() -> asyncio.AbstractEventLoop:
    """An event loop of uvloop where there is one, else of asyncio."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class Server:
    """Serves one application on one port, in plain HTTP/1.1 and, when asked, TLS on the same port.

    `now` gives the world's time in milliseconds and is what `Date` headers show; time-outs are the
    real world's, on the event loop's clock.
    """

    def __init__(self, app: App, now: Callable[[], int], limits: Limits | None = None) -> None:
        self.app = app
        self.now = now
        self.limits = limits = limits or Limits()
        self.dates = DateLine()
        self.stopping = False
        self.tick = 0
        self.header_ticks = _ticks(limits.header_timeout_s)
        self.body_ticks = _ticks(limits.body_timeout_s)
        self.idle_ticks = _ticks(limits.idle_timeout_s)
        self.write_ticks = _ticks(limits.write_timeout_s)
        self.linger_ticks = _ticks(limits.linger_s)
        self._connections: set[Connected] = set()
        self._listener: asyncio.Server | Sniffer | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._empty: asyncio.Future[None] | None = None

    @property
    def port(self) -> int:
        """The port listened on."""
        if self._listener is None:
            raise RuntimeError("the server is not listening")
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def connection_count(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def start(
        self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | Greeter | None = None, backlog: int = 1024
    ) -> None:
        """Listen; with `tls`, HTTPS and plain HTTP share the port."""
        loop = asyncio.get_running_loop()
        if tls is None:
            self._listener = await loop.create_server(
                lambda: Connection(self), host, port, backlog=backlog, reuse_address=True
            )
        else:
            greeter = tls if isinstance(tls, Greeter) else Greeter(tls)
            self._listener = await Sniffer.listen(self, host, port, greeter, backlog)
        self.watch()

    def watch(self) -> None:
        """Watch the connections' time-outs."""
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(_TICK_S, self._sweep)

    async def stop(self, grace_s: float = 5.0) -> None:
        """Stop accepting, let what is under way finish within the grace, then close everything."""
        self.stopping = True
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections):
            connection.retire()
        await self._until_empty(grace_s)
        for connection in list(self._connections):
            connection.cut()
        await self._until_empty(1.0)
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None

    def connected(self, connection: Connection) -> bool:
        """Count a connection in; whether there is room for it."""
        if len(self._connections) >= self.limits.connections_max or self.stopping:
            return False
        self._connections.add(connection)
        return True

    def disconnected(self, connection: Connected) -> None:
        """Count a connection out."""
        self._connections.discard(connection)
        if self._empty is not None and not self._connections and not self._empty.done():
            self._empty.set_result(None)

    def became(self, before: Connected, after: Connected) -> None:
        """A connection has become one of another kind."""
        self._connections.discard(before)
        self._connections.add(after)

    async def _until_empty(self, most_s: float) -> None:
        if not self._connections:
            return
        self._empty = asyncio.get_running_loop().create_future()
        await asyncio.wait([self._empty], timeout=most_s)
        self._empty = None

    def _sweep(self) -> None:
        self.tick += 1
        for connection in list(self._connections):
            connection.sweep(self.tick)
        self._sweeper = asyncio.get_running_loop().call_later(_TICK_S, self._sweep)


def _ticks(seconds: float) -> int:
    return max(1, round(seconds / _TICK_S))
