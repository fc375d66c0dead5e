"""An invocation whose answer is passed on while it comes.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import invoking
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.running import Asked


class Streamed:
    """One; what a function answers as a whole is a single piece."""

    def __init__(self, call: Call, asked: Asked) -> None:
        self._call = call
        self._arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._has_streamed = False
        self._first: bytes | None = None
        asked = msgspec.structs.replace(asked, streamed=self._piece)
        self._running = asyncio.ensure_future(self._counted(asked))

    async def begun(self) -> None:
        """Wait for the first of it; until then a refusal is an answer of its own.

        The invocation is in flight on its own account, and this call is not meanwhile.
        """
        await asyncio.sleep(0)
        self._call.world.ended()
        try:
            self._first = await self._arrived.get()
        finally:
            self._call.world.started()
        if self._first is None and self._running.done():
            self._running.result()

    @property
    def first(self) -> bytes:
        """The first piece; empty where there is none."""
        return self._first or b""

    async def pieces(self) -> AsyncIterator[bytes]:
        """Every piece, in order."""
        try:
            piece = self._first
            while piece is not None:
                yield piece
                piece = await self._arrived.get()
            invoked = await self._running
            if not self._has_streamed and not invoked.function_error:
                yield invoked.payload
        finally:
            self._running.cancel()

    async def invoked(self) -> Invoked:
        """What the invocation came to."""
        return await self._running

    def _piece(self, piece: bytes) -> None:
        self._has_streamed = True
        self._arrived.put_nowait(piece)

    async def _counted(self, asked: Asked) -> Invoked:
        try:
            with self._call.world.flight():
                return await invoking.carry_out(self._call, asked)
        finally:
            self._arrived.put_nowait(None)
