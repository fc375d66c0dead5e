"""A client that speaks HTTP/2, by h2 or frame by frame."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from collections.abc import AsyncIterator
from typing import Any

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection

from foulweather.wire.server import Server

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
DATA, HEADERS, PRIORITY, RST_STREAM, _, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, CANCEL, CALM = 0, 1, 7, 8, 11


def frame(kind: int, flags: int = 0, stream_id: int = 0, content: bytes = b"") -> bytes:
    return len(content).to_bytes(3, "big") + bytes((kind, flags)) + struct.pack(">I", stream_id) + content


def head(method: str = "GET", path: str = "/", *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(":method", method), (":scheme", "http"), (":authority", "x"), (":path", path), *more]


class Answer:
    """What has come on one stream."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.informed: list[int] = []
        self.body = b""
        self.ended = False
        self.reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.headers.get(":status", "0"))


class Http2Client:
    """Sends requests; `until` reads until something is so."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, acks: bool = True) -> None:
        self.reader, self.writer = reader, writer
        config = H2Configuration(
            header_encoding="latin-1", validate_outbound_headers=False, normalize_outbound_headers=False
        )
        self.conn = H2Connection(config)
        self.answers: dict[int, Answer] = {}
        self.acks = acks
        self.goaway: int | None = None
        self.last_stream_id = -1
        self.received_bytes = 0
        self.is_closed = False

    def begin(self) -> None:
        self.conn.initiate_connection()
        self.flush()

    def flush(self) -> None:
        self.writer.write(self.conn.data_to_send())

    def ask(self, headers: list[tuple[str, str]], body: bytes | None = None, *, ends: bool = True) -> int:
        stream_id = self.conn.get_next_available_stream_id()
        self.answers[stream_id] = Answer()
        self.conn.send_headers(stream_id, headers, end_stream=ends and body is None)
        if body is not None:
            for at in range(0, len(body) or 1, 16_384):
                piece = body[at : at + 16_384]
                self.conn.send_data(stream_id, piece, end_stream=ends and at + len(piece) == len(body))
        self.flush()
        return stream_id

    async def get(self, stream_id: int) -> Answer:
        await self.until(lambda: self.answers[stream_id].ended or self.answers[stream_id].reset is not None)
        return self.answers[stream_id]

    async def exchange(self, headers: list[tuple[str, str]], body: bytes | None = None) -> Answer:
        return await self.get(self.ask(headers, body))

    async def until(self, holds: Any, most_s: float = 5) -> None:
        async with asyncio.timeout(most_s):
            while not holds():
                await self.read()

    async def read(self) -> None:
        data = await self.reader.read(65_536)
        if not data:
            self.is_closed = True
            raise ConnectionResetError("the server closed the connection")
        self.received_bytes += len(data)
        for event in self.conn.receive_data(data):
            self._heard(event)
        self.flush()

    async def closed(self) -> None:
        """Read to the end."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(5):
                while True:
                    await self.read()

    def _heard(self, event: events.Event) -> None:
        if isinstance(event, events.ResponseReceived):
            self.answers[event.stream_id].headers = dict(event.headers)
        elif isinstance(event, events.InformationalResponseReceived):
            self.answers[event.stream_id].informed.append(int(dict(event.headers)[":status"]))
        elif isinstance(event, events.DataReceived):
            self.answers[event.stream_id].body += event.data
            if self.acks:
                self.conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, events.StreamEnded):
            self.answers[event.stream_id].ended = True
        elif isinstance(event, events.StreamReset):
            self.answers[event.stream_id].reset = int(event.error_code)
        elif isinstance(event, events.ConnectionTerminated):
            self.goaway, self.last_stream_id = int(event.error_code), event.last_stream_id


@contextlib.asynccontextmanager
async def http2_client_of(
    server: Server, tls: ssl.SSLContext | None = None, *, acks: bool = True, begins: bool = True
) -> AsyncIterator[Http2Client]:
    name = "localhost" if tls is not None else None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=tls, server_hostname=name)
    client = Http2Client(reader, writer, acks=acks)
    if begins:
        client.begin()
    try:
        yield client
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
