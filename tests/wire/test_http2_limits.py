"""HTTP/2's ill-behaved clients: floods, bombs, slowness, and frames that are none."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from hpack import Encoder

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire import http2
from foulweather.wire.app import Deferred
from foulweather.wire.body import BodyTooSlow
from foulweather.wire.server import STREAM
from loopback import Application, echo, serving
from wire.http2_client import (
    CALM,
    CONTINUATION,
    DATA,
    GOAWAY,
    HEADERS,
    NO_ERROR,
    PING,
    PREFACE,
    PRIORITY,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Http2Client,
    frame,
    head,
    http2_client_of,
)

END_STREAM, END_HEADERS = 1, 4
FRAME_SIZE_ERROR, COMPRESSION_ERROR, FLOW_CONTROL_ERROR = 6, 9, 3
BLOCK = Encoder().encode(head())


def request(stream_id: int, flags: int = END_STREAM | END_HEADERS) -> bytes:
    return frame(HEADERS, flags, stream_id, BLOCK)


async def said(client: Http2Client, data: bytes) -> tuple[bytes, int]:
    """Send raw frames after the preface; all that came back, and the code of the goodbye."""
    client.writer.write(PREFACE + SETTINGS + data)
    heard = await asyncio.wait_for(_rest(client), 10)
    at, code = 0, -1
    while at + 9 <= len(heard):
        size, kind = int.from_bytes(heard[at : at + 3], "big"), heard[at + 3]
        if kind == GOAWAY:
            code = int.from_bytes(heard[at + 13 : at + 17], "big")
        at += 9 + size
    return heard, code


async def _rest(client: Http2Client) -> bytes:
    heard = b""
    try:
        while data := await client.reader.read(65_536):
            heard += data
    except ConnectionError:
        pass
    return heard


FLOODS = {
    "PING": frame(PING, 0, 0, bytes(8)) * 1500,
    "answers to PING": frame(PING, 1, 0, bytes(8)) * 1500,
    "SETTINGS": SETTINGS * 1500,
    "answers to SETTINGS": frame(4, 1) * 1500,
    "PRIORITY": b"".join(frame(PRIORITY, 0, 3 + 2 * n, bytes(5)) for n in range(1500)),
    "WINDOW_UPDATE": frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 1500,
    "frames of no known kind": frame(99, 0, 0, b"x") * 1500,
    "empty DATA": request(1, END_HEADERS) + frame(DATA, 0, 1) * 1500,
    "DATA that is all padding": request(1, END_HEADERS) + frame(DATA, 8, 1, b"\x05" + bytes(5)) * 1500,
    "rapid reset": b"".join(request(n) + frame(RST_STREAM, 0, n, struct.pack(">I", 8)) for n in range(1, 900, 2)),
    "resets that are provoked": b"".join(
        frame(HEADERS, END_STREAM | END_HEADERS, n, b"\x82") for n in range(1, 900, 2)
    ),
    "CONTINUATION": request(1, 0) + frame(CONTINUATION, 0, 1, b"\x00") * 100,
    "empty CONTINUATION": request(1, 0) + frame(CONTINUATION, 0, 1) * 100,
    "headers without end": request(1, 0) + frame(CONTINUATION, 0, 1, bytes(16_000)) * 8,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_floods_of_what_costs_nothing_end_the_connection(flood: bytes):
    app = Application(lambda _: Deferred())
    async with serving(app) as server, http2_client_of(server, begins=False) as client:
        server.tick = 1_000_000  # however long the server has run
        heard, code = await said(client, flood)
        assert code == CALM
        assert len(heard) < 100_000


async def test_what_an_honest_client_sends_is_no_flood():
    app = Application(lambda _: HttpResponse(200, [], bytes(200_000)))
    async with serving(app) as server, http2_client_of(server) as client:
        for _ in range(150):
            assert len((await client.exchange(head())).body) == 200_000
            client.conn.ping(bytes(8))
            client.conn.increment_flow_control_window(1)
            client.flush()
        assert client.goaway is None


async def test_headers_that_swell_end_the_connection():
    table = Encoder()
    table.header_table_size = 4096
    first = table.encode([*head(), ("big", "x" * 4000)])
    bomb = first + b"\xbe" * 12_000  # the newest entry of the table, again and again
    async with serving(Application(echo)) as server, http2_client_of(server, begins=False) as client:
        _, code = await said(client, frame(HEADERS, END_STREAM | END_HEADERS, 1, bomb))
        assert code == CALM


async def test_the_server_remembers_no_more_headers_than_it_cares_to():
    app = Application(lambda r: HttpResponse(200, [("x-id", r.path + "x" * 500)], b""))
    async with serving(app) as server, http2_client_of(server, begins=False) as client:
        client.conn.local_settings.header_table_size = 1 << 20
        client.conn.decoder.max_allowed_table_size = 1 << 20
        client.begin()
        for n in range(50):
            assert (await client.exchange(head(path=f"/{n}"))).status == 200
        assert client.conn.decoder.header_table_size == 4096
        spoken = next(each for each in server._connections if isinstance(each, http2.Http2))
        assert spoken._conn.encoder.header_table_size == 4096


async def test_a_request_too_many_is_refused_and_the_others_go_on():
    owed: list[Deferred] = []

    def handle(_: HttpRequest) -> Any:
        owed.append(Deferred())
        return owed[-1]

    async with serving(Application(handle)) as server, http2_client_of(server) as client:
        client.conn.remote_settings.max_concurrent_streams = 200
        client.conn.remote_settings.acknowledge()
        asked = [client.ask(head()) for _ in range(120)]
        await client.get(asked[-1])
        assert [client.answers[n].reset for n in asked] == [None] * 100 + [REFUSED_STREAM] * 20
        for each in owed:
            each.deliver(HttpResponse(200, [], b""))
        for stream_id in asked[:100]:
            assert (await client.get(stream_id)).status == 200


BROKEN = {
    "no preface": (b"", b"GET / HTTP/1.1\r\n\r\n", PROTOCOL_ERROR),
    "no SETTINGS first": (PREFACE, frame(PING, 0, 0, bytes(8)), PROTOCOL_ERROR),
    "a frame that is too long": (PREFACE + SETTINGS, b"\x00\x40\x01\x00\x00\x00\x00\x00\x01", FRAME_SIZE_ERROR),
    "DATA on no stream": (PREFACE + SETTINGS, frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
    "DATA on an idle stream": (PREFACE + SETTINGS, frame(DATA, 0, 1, b"x"), PROTOCOL_ERROR),
    "HEADERS on an even stream": (PREFACE + SETTINGS, request(2), PROTOCOL_ERROR),
    "a stream that was passed over": (PREFACE + SETTINGS, request(3) + request(1), PROTOCOL_ERROR),
    "PUSH_PROMISE": (
        PREFACE + SETTINGS,
        request(1) + frame(PUSH_PROMISE, 4, 1, struct.pack(">I", 2) + BLOCK),
        PROTOCOL_ERROR,
    ),
    "another frame among headers": (PREFACE + SETTINGS, request(1, 0) + frame(PING, 0, 0, bytes(8)), PROTOCOL_ERROR),
    "CONTINUATION of nothing": (PREFACE + SETTINGS, frame(CONTINUATION, 4, 1, BLOCK), PROTOCOL_ERROR),
    "a window that overflows": (
        PREFACE + SETTINGS,
        frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x7FFFFFFF)),
        FLOW_CONTROL_ERROR,
    ),
    "a window that does not open": (PREFACE + SETTINGS, frame(WINDOW_UPDATE, 0, 0, bytes(4)), PROTOCOL_ERROR),
    "headers that do not unpack": (PREFACE + SETTINGS, frame(HEADERS, 5, 1, b"\xff" * 9), PROTOCOL_ERROR),
    "padding that is longer than the frame": (
        PREFACE + SETTINGS,
        request(1, END_HEADERS) + frame(DATA, 8, 1, b"\xffx"),
        PROTOCOL_ERROR,
    ),
    "more than the window": (
        PREFACE + SETTINGS,
        request(1, END_HEADERS) + frame(DATA, 0, 1, bytes(16_384)) * 40,
        FLOW_CONTROL_ERROR,
    ),
    "another length than announced": (
        PREFACE + SETTINGS,
        frame(HEADERS, END_HEADERS, 1, Encoder().encode(head("POST", "/", ("content-length", "5"))))
        + frame(DATA, END_STREAM, 1, b"abc"),
        PROTOCOL_ERROR,
    ),
}


@pytest.mark.parametrize(("before", "data", "code"), BROKEN.values(), ids=BROKEN)
async def test_what_breaks_the_protocol_ends_the_connection(before: bytes, data: bytes, code: int):
    app = Application(lambda _: Deferred(), STREAM)
    async with serving(app) as server, http2_client_of(server, begins=False) as client:
        client.writer.write(before)
        if not before:
            client.writer.write(PREFACE[:-2] + b"xx")
            assert b"400" in await asyncio.wait_for(_rest(client), 5)
            return
        client.writer.write(data)
        heard = await asyncio.wait_for(_rest(client), 5)
        assert frame(GOAWAY, 0, 0, b"")[3:9] in heard
        at = heard.rindex(frame(GOAWAY, 0, 0, b"")[3:9])
        assert struct.unpack(">I", heard[at + 10 : at + 14])[0] == code


# -- slowness


async def test_an_idle_connection_is_ended_with_a_goodbye():
    async with serving(Application(echo), idle_timeout_s=0.25) as server, http2_client_of(server) as client:
        assert (await client.exchange(head())).status == 200
        await client.closed()
        assert client.goaway == NO_ERROR


@pytest.mark.parametrize("data", [PREFACE + SETTINGS[:5], PREFACE + SETTINGS + request(1, 0)])
async def test_what_does_not_come_whole_in_time_ends_the_connection(data: bytes):
    async with (
        serving(Application(echo), header_timeout_s=0.25) as server,
        http2_client_of(server, begins=False) as client,
    ):
        client.writer.write(data)
        assert b"\x07\x00\x00\x00\x00\x00" in await asyncio.wait_for(_rest(client), 5)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_body_that_does_not_come_is_a_408_and_the_others_go_on(stream: bool):
    failed: list[object] = []

    async def read(request: HttpRequest) -> HttpResponse:
        assert request.stream is not None
        try:
            async for _ in request.stream:
                pass
        except BodyTooSlow as failure:
            failed.append(failure)
            raise
        return HttpResponse(200, [], b"")

    app = Application(lambda r: read(r) if r.stream else echo(r), STREAM if stream else lambda _: http2.Admission())
    async with serving(app, body_timeout_s=0.25) as server, http2_client_of(server) as client:
        slow = client.ask(head("POST"), b"x", ends=False)
        assert (await client.get(slow)).status == 408
        assert (await client.exchange(head())).status == 200
    assert len(failed) == stream


async def test_an_answer_that_is_not_read_is_reset_and_the_others_go_on():
    app = Application(lambda r: HttpResponse(200, [], bytes(70_000)) if r.path == "/big" else echo(r))
    async with serving(app, write_timeout_s=0.25) as server, http2_client_of(server, acks=False) as client:
        client.conn.increment_flow_control_window(1_000_000)
        big = client.ask(head(path="/big"))
        await client.until(lambda: client.answers[big].reset is not None)
        assert client.answers[big].reset == CALM
        assert (await client.exchange(head("POST"), b"x")).body == b"x"


async def test_a_client_that_reads_nothing_at_all_is_cut_off():
    app = Application(lambda _: HttpResponse(200, [], bytes(70_000)))
    async with serving(app, write_timeout_s=0.25) as server, http2_client_of(server, acks=False) as client:
        client.ask(head())
        client.ask(head())
        await client.closed()
        assert client.goaway == CALM


async def test_bodies_that_are_never_finished_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http2, "_BUFFERED_BYTES_MAX", 30_000)
    async with serving(Application(echo)) as server, http2_client_of(server) as client:
        first = client.ask(head("POST"), bytes(20_000), ends=False)
        second = client.ask(head("POST"), bytes(20_000), ends=False)
        assert (await client.get(second)).reset == REFUSED_STREAM
        client.conn.end_stream(first)
        client.flush()
        assert len((await client.get(first)).body) == 20_000
        assert (await client.exchange(head("POST"), bytes(25_000))).status == 200
