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

INTEGRATION = "application/vnd.awslambda.http-integration-response"
PRELUDE_END = b"\0" * 8
PRELUDE_BYTES_MAX = 64 << 10


class Streamed:
    """One; what a function answers as a whole is a single piece."""

    def __init__(self, call: Call, asked: Asked) -> None:
        self._arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._has_streamed = self._has_prelude = False
        self._first: bytes | None = None
        self._content_type = ""
        asked = msgspec.structs.replace(asked, streamed=self._piece)
        self._waiting = invoking.Waiting(call.world)
        self._running = invoking.begin(call, asked, self._waiting)
        self._running.add_done_callback(lambda _: self._arrived.put_nowait(None))

    async def begun(self) -> None:
        """Wait for the first of it; until then a refusal is an answer of its own.

        The invocation is in flight on its own account, and this call is not meanwhile.
        """
        await asyncio.sleep(0)
        if self._running.done():
            self._first = await self._arrived.get()
        else:
            with self._waiting.parked():
                self._first = await self._arrived.get()
        if self._first is None and self._running.done():
            self._running.result()

    @property
    def has_failed(self) -> bool:
        """Whether the function has failed before anything was streamed."""
        return self._first is None and self._running.done() and bool(self._running.result().function_error)

    @property
    def content_type(self) -> str:
        """What the function says that it streams."""
        return self._content_type

    async def prelude(self) -> bytes:
        """What comes before the body proper: the JSON of an HTTP integration response; empty where there is none."""
        if not self._has_prelude:
            return b""
        held = self._first or b""
        while PRELUDE_END not in held and len(held) < PRELUDE_BYTES_MAX:
            piece = await self._arrived.get()
            if piece is None:
                self._arrived.put_nowait(None)
                break
            held += piece
        head, end, rest = held.partition(PRELUDE_END)
        self._first = rest if end else held
        return head if end else b""

    async def pieces(self) -> AsyncIterator[bytes]:
        """Every piece, in order."""
        piece = self._first
        while piece is not None:
            if piece:
                yield piece
            piece = await self._arrived.get()
        invoked = await self._running
        if not self._has_streamed and not invoked.function_error:
            yield invoked.payload

    async def invoked(self) -> Invoked:
        """What the invocation came to."""
        return await self._running

    def _piece(self, piece: bytes, content_type: str) -> None:
        self._has_streamed = True
        self._has_prelude = content_type == INTEGRATION
        self._content_type = content_type
        self._arrived.put_nowait(piece)
