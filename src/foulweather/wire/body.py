"""The body of a request that is read while it arrives."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class BodyFailed(Exception):
    """The body of a request did not arrive whole; `status` is the plain answer to that."""

    status = 400


class ClientGone(BodyFailed):
    """The client closed the connection in the middle of the body."""


class BodyTooSlow(BodyFailed):
    """The client stopped sending, or trickles."""

    status = 408


class BodyTooLarge(BodyFailed):
    """A chunked body grew beyond what the listener takes."""

    status = 413


class BodyMalformed(BodyFailed):
    """The chunked framing of the body broke."""


class BodyStream:
    """The chunks of one request body, with back-pressure: nobody reads, nothing is taken in."""

    __slots__ = ("_chunks", "_failure", "_held", "_hold", "_release", "_size", "_waiter", "_want", "_window", "ended")

    def __init__(
        self,
        window_bytes: int,
        want: Callable[[], None],
        hold: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._window = window_bytes
        self._want = want
        self._hold = hold
        self._release = release
        self._held = False
        self._failure: BodyFailed | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.ended = False

    def __aiter__(self) -> BodyStream:
        return self

    async def __anext__(self) -> bytes:
        while not self._chunks:
            if self._failure is not None:
                raise self._failure
            if self.ended:
                raise StopAsyncIteration
            self._want()
            waiter = self._waiter = asyncio.get_running_loop().create_future()
            try:
                await waiter
            finally:
                self._waiter = None
        chunk = self._chunks.popleft()
        self._size -= len(chunk)
        if self._held and self._size <= self._window // 2:
            self._held = False
            self._release()
        return chunk

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes off the wire."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        if not self._held and self._size > self._window:
            self._held = True
            self._hold()
        self._wake()

    def end(self) -> None:
        """The body is complete."""
        self.ended = True
        self._wake()

    def fail(self, failure: BodyFailed) -> None:
        """The rest of the body will not come: readers get `failure` after what did."""
        if not self.ended and self._failure is None:
            self._failure = failure
            self._wake()

    @property
    def failure(self) -> BodyFailed | None:
        """Why the rest does not come, if it does not."""
        return self._failure

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
