"""A small HTTP/1.1 server on a socket that somebody else has opened: what runs in an environment talks to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

HEAD_BYTES_MAX = 64 << 10
CONNECTIONS_MAX = 256
"""For a runtime, ten extensions, and threads that sleep."""


class Asked(NamedTuple):
    """One request; `body` has to be read, whole or piece by piece, before it is answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: AsyncIterator[bytes]


class Told(NamedTuple):
    """One answer."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""


Answer = Callable[[Asked], Awaitable[Told]]


class BadRequest(Exception):
    """What came is no HTTP request that is understood here."""


class LocalServer:
    """Serves every connection of one listening socket."""

    def __init__(self, listener: socket.socket, answer: Answer) -> None:
        self._listener = listener
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to serve."""
        self._listener.setblocking(False)
        self._server = await asyncio.start_server(self._serve, sock=self._listener, limit=HEAD_BYTES_MAX)

    def close(self) -> None:
        """End, with every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= CONNECTIONS_MAX:
            writer.close()
            return
        self._connections.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (BadRequest, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # whoever talks so is not answered
        except asyncio.CancelledError:
            pass
        finally:
            self._connections.discard(task)
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return False
        first, *lines = head[:-4].split("\r\n")
        words = first.split(" ")
        if len(words) != 3:
            raise BadRequest(first)
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = _pieces(reader, headers)
        told = await self._answer(Asked(words[0], words[1], headers, body))
        async for _ in body:  # what nobody read lies in the way of the next request
            pass
        writer.write(_encoded(told))
        await writer.drain()
        return headers.get("connection", "").lower() != "close" and words[2] == "HTTP/1.1"


async def whole(body: AsyncIterator[bytes], bytes_max: int) -> bytes | None:
    """All of a body; None where it is larger than that (then the rest is read, and thrown away)."""
    pieces: list[bytes] = []
    size = 0
    async for piece in body:
        size += len(piece)
        if size <= bytes_max:
            pieces.append(piece)
    return b"".join(pieces) if size <= bytes_max else None


async def _pieces(reader: asyncio.StreamReader, headers: dict[str, str]) -> AsyncIterator[bytes]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            if size > 1 << 30:
                raise BadRequest("a chunk is too large")
            async for piece in _exactly(reader, size):
                yield piece
            await reader.readexactly(2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return
    async for piece in _exactly(reader, int(headers.get("content-length") or 0)):
        yield piece


async def _exactly(reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
    while size > 0:
        piece = await reader.read(min(size, 1 << 18))
        if not piece:
            raise asyncio.IncompleteReadError(b"", size)
        size -= len(piece)
        yield piece


def _encoded(told: Told) -> bytes:
    lines = [f"HTTP/1.1 {told.status} {'OK' if told.status < 300 else 'Error'}"]
    lines += [f"{name}: {value}" for name, value in told.headers.items()]
    lines.append(f"Content-Length: {len(told.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + told.body
