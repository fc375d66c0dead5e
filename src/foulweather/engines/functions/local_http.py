"""A small HTTP/1.1 server on a socket that somebody else has opened: what runs in an environment talks to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, cast

HEAD_BYTES_MAX = 64 << 10
WHOLE_BYTES_MAX = 1 << 20
"""A body that says it is no larger is taken in whole before anything is done with it."""
CONNECTIONS_MAX = 256
"""For a runtime, ten extensions, and threads that sleep."""
REASONS = {True: "OK", False: "Error"}


class Asked(NamedTuple):
    """One request: `content` is its body where that is there already; else `body` has to be read, piece by piece.

    Trailers are among its `headers` once its body has been read.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: AsyncIterator[bytes]
    content: bytes | None = None


class Told(NamedTuple):
    """One answer."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""


Answer = Callable[[Asked], "Told | Awaitable[Told]"]


class BadRequest(Exception):
    """What came is no HTTP request that is understood here."""


class LocalServer:
    """Serves every connection of one listening socket."""

    def __init__(self, listener: socket.socket, answer: Answer) -> None:
        self._listener = listener
        self.answer = answer
        self._server: asyncio.Server | None = None
        self.connections: set[Connection] = set()

    async def start(self) -> None:
        """Begin to serve."""
        self._listener.setblocking(False)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), sock=self._listener)

    def close(self) -> None:
        """End, with every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.close()


class _Nothing:
    """The body of a request whose content is there already."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


NOTHING = _Nothing()


class Connection(asyncio.Protocol):
    """One connection: small requests are answered as they come; the first large or chunked one makes it a stream."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._buffer = b""
        self._answering: asyncio.Future[Told] | None = None
        self._is_last = self._is_paused = False
        self._streaming: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it in, unless there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        if len(self._server.connections) >= CONNECTIONS_MAX:
            self._transport.close()
        else:
            self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for no answer any more."""
        self._server.connections.discard(self)
        if self._answering is not None:
            self._answering.cancel()

    def close(self) -> None:
        """End it."""
        if self._streaming is not None:
            self._streaming.cancel()
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Answer what is there whole."""
        self._buffer = self._buffer + data if self._buffer else data
        if self._answering is None:
            self._go_on()
        elif len(self._buffer) > WHOLE_BYTES_MAX and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def _go_on(self) -> None:
        try:
            while self._answering is None and self._buffer and self._one():
                pass
        except (BadRequest, ValueError):
            self._transport.close()  # whoever talks so is not answered

    def _one(self) -> bool:
        """Answer one request, or wait for what answers it; false where there is none to be answered now."""
        place = self._buffer.find(b"\r\n\r\n")
        if place < 0:
            if len(self._buffer) > HEAD_BYTES_MAX:
                raise BadRequest("the head is too large")
            return False
        method, path, version, headers = _head(self._buffer[:place])
        size = int(headers.get("content-length") or 0)
        if "transfer-encoding" in headers or "expect" in headers or size > WHOLE_BYTES_MAX:
            self._stream()
            return False
        end = place + 4 + size
        if len(self._buffer) < end:
            return False
        content, self._buffer = self._buffer[place + 4 : end], self._buffer[end:]
        self._is_last = version != "HTTP/1.1" or headers.get("connection", "").lower() == "close"
        told = self._server.answer(Asked(method, path, headers, NOTHING, content))
        if isinstance(told, Told):
            self._tell(told)
            return True
        self._answering = asyncio.ensure_future(told)
        self._answering.add_done_callback(self._answered)
        return False

    def _answered(self, answering: asyncio.Future[Told]) -> None:
        self._answering = None
        if answering.cancelled() or answering.exception() is not None:
            self._transport.close()
            return
        self._tell(answering.result())
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        self._go_on()

    def _tell(self, told: Told) -> None:
        if not self._transport.is_closing():
            self._transport.write(encoded(told))
            if self._is_last:
                self._transport.close()

    def _stream(self) -> None:
        """Go on as a stream, whose bodies are read piece by piece."""
        reader = asyncio.StreamReader(limit=HEAD_BYTES_MAX)
        protocol = asyncio.StreamReaderProtocol(reader)
        reader.feed_data(self._buffer)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        writer = asyncio.StreamWriter(self._transport, protocol, reader, self._loop)
        self._buffer = b""
        self._streaming = self._loop.create_task(_served(self._server.answer, reader, writer))
        self._streaming.add_done_callback(lambda _: self._server.connections.discard(self))


async def _served(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await _one_of_stream(answer, reader, writer):
            pass
    except (BadRequest, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        pass  # whoever talks so is not answered
    except asyncio.CancelledError:
        pass
    finally:
        with contextlib.suppress(ConnectionError):
            writer.close()


async def _one_of_stream(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    try:
        method, path, version, headers = _head((await reader.readuntil(b"\r\n\r\n"))[:-4])
    except asyncio.IncompleteReadError:
        return False
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = _pieces(reader, headers)
    told = answer(Asked(method, path, headers, body))
    if not isinstance(told, Told):
        told = await told
    async for _ in body:  # what nobody read lies in the way of the next request
        pass
    writer.write(encoded(told))
    await writer.drain()
    return headers.get("connection", "").lower() != "close" and version == "HTTP/1.1"


def _head(text: bytes) -> tuple[str, str, str, dict[str, str]]:
    """Method, path, version and headers, by their names in lower case."""
    first, *lines = text.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        raise BadRequest(first)
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return words[0], words[1], words[2], headers


async def whole(asked: Asked, bytes_max: int) -> bytes | None:
    """All of a request's body; None where it is larger than that (then the rest is read, and thrown away)."""
    if asked.content is not None:
        return asked.content if len(asked.content) <= bytes_max else None
    pieces: list[bytes] = []
    size = 0
    async for piece in asked.body:
        size += len(piece)
        if size <= bytes_max:
            pieces.append(piece)
    return b"".join(pieces) if size <= bytes_max else None


async def pieces_of(asked: Asked) -> AsyncIterator[bytes]:
    """A request's body as it comes."""
    if asked.content is not None:
        yield asked.content
        return
    async for piece in asked.body:
        yield piece


async def _pieces(reader: asyncio.StreamReader, headers: dict[str, str]) -> AsyncIterator[bytes]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            if size > 1 << 30:
                raise BadRequest("a chunk is too large")
            async for piece in _exactly(reader, size):
                yield piece
            await reader.readexactly(2)
        while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
            name, _, value = line.decode("latin-1").partition(":")
            headers.setdefault(name.strip().lower(), value.strip())
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


def encoded(told: Told) -> bytes:
    """An answer as bytes."""
    lines = [f"HTTP/1.1 {told.status} {REASONS[told.status < 300]}"]
    lines += [f"{name}: {value}" for name, value in told.headers.items()]
    lines.append(f"Content-Length: {len(told.body)}\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1", "replace") + told.body
