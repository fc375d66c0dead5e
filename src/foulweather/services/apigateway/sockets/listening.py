"""What is done with what a client sends, and when it has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import cast

from foulweather.kernel import websockets
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.websockets import Socket
from foulweather.services.apigateway.sockets import answering
from foulweather.services.apigateway.sockets.connections import Connection, Connections
from foulweather.services.apigateway.sockets.plans import standing
from foulweather.services.apigateway.sockets.turns import DISCONNECT, MESSAGE, Turn
from foulweather.world.world import World


class Client:
    """A connection's listener."""

    __slots__ = ("_connection", "_connections", "_pipeline")

    def __init__(self, pipeline: Pipeline, connection: Connection) -> None:
        self._pipeline = pipeline
        self._connection = connection
        self._connections = Connections.of(pipeline.world)

    def begin(self, socket: Socket) -> Client:
        """The handshake is answered."""
        self._connection.socket = socket
        self._connections.opened(self._connection, self._ended)
        return self

    def received(self, message: str | bytes) -> None:
        """One message: it goes its way beside those that are under way already.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
        """
        if isinstance(message, bytes):
            self._connections.end(self._connection, websockets.UNSUPPORTED, "Binary frames are not supported")
            return
        self._connection.active_ms = self._pipeline.world.clock.now_ms
        _begun(self._pipeline.world, self._answered(message))

    def pinged(self) -> None:
        """The client is there, and not idle."""
        self._connection.active_ms = self._pipeline.world.clock.now_ms

    def left(self, code: int, reason: str) -> None:
        """The client has gone."""
        self._connections.end(self._connection, code, reason)

    async def _answered(self, message: str) -> None:
        world, held = self._pipeline.world, self._connection
        with world.flight():
            stands = standing(world, held.account, held.region, held.api, held.stage)
            if stands is None:  # the stage was deleted under its clients
                self._connections.end(held, websockets.GOING_AWAY)
                return
            turn = Turn(self._pipeline, held, stands, MESSAGE)
            turn.body = message
            outcome = await answering.answer(turn)
            is_told = turn.refusal is not None or (turn.route is not None and turn.route.answers)
            if is_told and outcome.message:
                world.store.after_commit(lambda: _tell(held, outcome.message))

    def _ended(self, connection: Connection, code: int, reason: str) -> None:
        """Tell the API that a connection has gone; held time waits for what it does."""
        world = self._pipeline.world
        stands = standing(world, connection.account, connection.region, connection.api, connection.stage)
        if stands is None:
            return
        turn = Turn(self._pipeline, connection, stands, DISCONNECT)
        turn.code, turn.reason = code, reason
        world.started()
        _begun(world, _counted(world, answering.answer(turn)))


def _tell(connection: Connection, message: str | bytes) -> None:
    if connection.socket is not None:
        connection.socket.send(message)


async def _counted(world: World, working: Awaitable[object]) -> None:
    try:
        with world.lent():
            await working
    finally:
        world.ended()


class _UnderWay:
    """What goes on, so that it is not thrown away."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Future[None]] = set()


def _begun(world: World, working: Awaitable[None]) -> None:
    found = world.attached.get(_UnderWay)
    if found is None:
        found = world.attached[_UnderWay] = _UnderWay()
    tasks = cast(_UnderWay, found).tasks
    task = asyncio.ensure_future(working)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
