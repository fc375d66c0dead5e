"""A server on a loopback port, and a client that speaks raw HTTP to it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvloop

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.greeting import Greeter
from foulweather.wire.server import BUFFER, Admission, Limits, Server


@pytest.fixture(params=[asyncio.DefaultEventLoopPolicy, uvloop.EventLoopPolicy], ids=["asyncio", "uvloop"])
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """Everything holds on both event loops."""
    return request.param()


NOW_MS = 1_440_938_160_000


class Application:
    """Answers with a function; remembers what it was asked."""

    def __init__(self, handle: Callable[[HttpRequest], Any], admit: Any = BUFFER) -> None:
        self.asked: list[HttpRequest] = []
        self.admitted: list[HttpRequest] = []
        self._handle = handle
        self._admit = admit

    def admit(self, head: HttpRequest) -> Admission | HttpResponse:
        self.admitted.append(head)
        return self._admit(head) if callable(self._admit) else self._admit

    def handle(self, request: HttpRequest) -> Any:
        self.asked.append(request)
        return self._handle(request)


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, [("Content-Type", "text/plain")], request.body)


@contextlib.asynccontextmanager
async def serving(
    app: Application, tls: ssl.SSLContext | Greeter | None = None, **limits: Any
) -> AsyncIterator[Server]:
    server = Server(app, lambda: NOW_MS, Limits(**limits))
    await server.start(tls=tls)
    try:
        yield server
    finally:
        await server.stop(0.2)


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def response(self, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
        raw = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        lines = raw.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines[1:] if line)}
        if status < 200 or status in (204, 304) or head:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                size = int(await self.reader.readuntil(b"\r\n"), 16)
                body += (await self.reader.readexactly(size + 2))[:-2]
                if not size:
                    return status, headers, body
        if "content-length" in headers:
            return status, headers, await self.reader.readexactly(int(headers["content-length"]))
        return status, headers, await self.reader.read()

    async def closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 5) == b""


@contextlib.asynccontextmanager
async def client_of(server: Server, tls: ssl.SSLContext | None = None) -> AsyncIterator[Client]:
    name = "localhost" if tls is not None else None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=tls, server_hostname=name)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def exchange(app: Application, data: bytes, **limits: Any) -> tuple[int, dict[str, str], bytes]:
    async with serving(app, **limits) as server, client_of(server) as client:
        client.send(data)
        return await client.response()


def post(body: bytes, *lines: str, path: str = "/") -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"POST {path} HTTP/1.1", "Host: x", *lines))
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
