"""A world's open connections: who is at the other end, since when, and when it has been quiet, or open, for too long.

They live as long as this server does: after a restart there are none, and nobody is told.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from foulweather.kernel import websockets
from foulweather.kernel.call import Origin
from foulweather.kernel.websockets import Socket
from foulweather.services.apigateway.sockets.limits import IDLE_MS, LONGEST_MS
from foulweather.world.world import World

REASONS = {
    websockets.NORMAL: "Connection Closed Normally",
    websockets.GOING_AWAY: "Going away",
    1005: "Client-side close frame status not set",
    websockets.LEFT_WITHOUT_A_WORD: "Connection closed abnormally",
}
"""What $disconnect is told where nobody gave a reason."""


class Connection:
    """One client."""

    __slots__ = (
        "account",
        "active_ms",
        "alarm",
        "api",
        "authorizer",
        "connected_ms",
        "domain",
        "id",
        "identity",
        "origin",
        "region",
        "socket",
        "stage",
    )

    def __init__(self, id: str, account: str, region: str, api: str, stage: str, domain: str, origin: Origin) -> None:
        self.id = id
        self.account = account
        self.region = region
        self.api = api
        self.stage = stage
        self.domain = domain
        self.origin = origin
        self.connected_ms = self.active_ms = 0
        self.identity: dict[str, Any] = {}
        """Who signed the handshake."""
        self.authorizer: dict[str, Any] | None = None
        self.socket: Socket | None = None
        self.alarm = 0


REMEMBERED_MAX = 10_000
Ended = Callable[[Connection, int, str], None]
"""What is done when a connection has ended, by its close code and reason."""


class Connections:
    """A world's, by id."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[str, tuple[Connection, Ended]] = {}
        self._gone: dict[str, tuple[int, int, str]] = {}
        world.closing.append(self._leave)

    @classmethod
    def of(cls, world: World) -> Connections:
        """A world's own."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return cast(Connections, found)

    def __len__(self) -> int:
        return len(self._open)

    def find(self, id: str) -> Connection | None:
        """The open connection with an id."""
        found = self._open.get(id)
        return None if found is None else found[0]

    def opened(self, connection: Connection, ended: Ended) -> None:
        """A handshake is answered: the connection is there, until it has been quiet or open for too long."""
        connection.connected_ms = connection.active_ms = self._world.clock.now_ms
        self._open[connection.id] = (connection, ended)
        self._watch(connection)

    def gone(self, id: str) -> tuple[int, int, str] | None:
        """When a connection ended, with which close code, and why; of the latest that did."""
        return self._gone.get(id)

    def end(self, connection: Connection, code: int, reason: str = "", *, why: str = "") -> None:
        """Close a connection, and have it done what is to be done then; once. `why` is for those who ask later."""
        found = self._open.pop(connection.id, None)
        if found is None:
            return
        self._world.agenda.cancel(connection.alarm)
        if len(self._gone) >= REMEMBERED_MAX:
            self._gone.pop(next(iter(self._gone)))
        self._gone[connection.id] = (self._world.clock.now_ms, code, why or reason or REASONS.get(code, ""))
        if connection.socket is not None:
            connection.socket.close(code, reason)
        found[1](connection, code, reason or REASONS.get(code, ""))

    def _watch(self, connection: Connection) -> None:
        due_ms = min(connection.active_ms + IDLE_MS, connection.connected_ms + LONGEST_MS)
        connection.alarm = self._world.agenda.alarm(due_ms, lambda: self._look(connection))

    def _look(self, connection: Connection) -> None:
        """End a connection whose time is up; one that was used meanwhile is looked at again."""
        now_ms = self._world.clock.now_ms
        if now_ms < min(connection.active_ms + IDLE_MS, connection.connected_ms + LONGEST_MS):
            self._watch(connection)
            return
        is_old = now_ms >= connection.connected_ms + LONGEST_MS
        why = "it had been open for two hours" if is_old else "nothing had come or gone for ten minutes"
        self.end(connection, websockets.GOING_AWAY, REASONS[websockets.GOING_AWAY], why=why)

    def _leave(self) -> None:
        """The world is put away: there is nobody left to be told of it."""
        held, self._open = self._open, {}
        for connection, _ in held.values():
            if connection.socket is not None:
                connection.socket.close(websockets.GOING_AWAY)
