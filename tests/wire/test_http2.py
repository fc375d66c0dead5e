"""HTTP/2: ways in, requests as HTTP/1.1 has them, many at once, bodies both ways, and the end."""

from __future__ import annotations

import asyncio
import logging
import ssl
import struct
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.websockets import Upgraded
from foulweather.wire import http2_answering, tls
from foulweather.wire.app import NoAnswer
from foulweather.wire.body import BodyFailed, ClientGone
from foulweather.wire.canonical import canonical_headers
from foulweather.wire.server import STREAM, Admission, Deferred
from loopback import GET, Application, client_of, echo, post, serving
from loopback import event_loop_policy as event_loop_policy
from wire.http2_client import (
    CANCEL,
    GOAWAY,
    NO_ERROR,
    PREFACE,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    Answer,
    frame,
    head,
    http2_client_of,
)

GONE = frame(GOAWAY, 0, 0, bytes(8))[:9]

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy:DeprecationWarning")


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(0)


async def length_of(request: HttpRequest) -> HttpResponse:
    assert request.stream is not None
    size = sum([len(chunk) async for chunk in request.stream])
    return HttpResponse(200, [], b"%d" % size)


# -- ways in


async def test_a_client_that_knows_is_answered_in_http2_on_the_plain_port():
    app = Application(echo)
    async with serving(app) as server, http2_client_of(server) as client:
        answer = await client.exchange(head("POST", "/a%20b?c=d&e", ("X-A".lower(), "1"), ("x-a", "2")), b"body")
        assert (answer.status, answer.body) == (200, b"body")
        assert answer.headers["content-length"] == "4"
        assert (answer.headers["date"], answer.headers["server"]) == ("Sun, 30 Aug 2015 12:36:00 GMT", "foulweather")
    asked = app.asked[0]
    assert (asked.method, asked.path, asked.query, asked.tls) == ("POST", "/a%20b", "c=d&e", False)
    assert asked.headers == [("host", "x"), ("x-a", "1"), ("x-a", "2")]
    assert asked.peer == "127.0.0.1"


async def test_the_preface_may_come_byte_by_byte():
    async with serving(Application(echo)) as server, http2_client_of(server, begins=False) as client:
        client.conn.initiate_connection()
        client.conn.send_headers(1, head(), end_stream=True)
        client.answers[1] = Answer()
        for byte in client.conn.data_to_send():
            client.writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        assert (await client.get(1)).status == 200


async def test_a_preface_after_a_request_is_refused():
    async with serving(Application(echo)) as server, client_of(server) as client:
        client.send(GET + PREFACE + SETTINGS)
        assert (await client.response())[0] == 200
        assert (await client.response())[0] == 400
        assert await client.closed()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tls")
    tls.local_context(made, time.time_ns() // 1_000_000)
    return made


@pytest.mark.parametrize("size", [3, 60_000])
async def test_in_tls_the_client_chooses(folder: Path, size: int):
    app = Application(echo)
    server_side = tls.context(folder / "server.pem", folder / "server.key")
    client_side = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    async with serving(app, tls=server_side) as server:
        async with client_of(server, client_side) as old:
            old.send(post(b"old"))
            assert (await old.response())[2] == b"old"
        client_side.set_alpn_protocols(["h2", "http/1.1"])
        async with http2_client_of(server, client_side) as client:
            answer = await client.exchange(head("POST"), b"x" * size)
            assert len(answer.body) == size
    assert [request.tls for request in app.asked] == [True, True]
    assert app.asked[1].handshake is not None
    assert app.asked[1].handshake.version == "TLSv1.3"


# -- requests


async def test_requests_are_answered_as_their_answers_come():
    owed: list[Deferred] = []

    def handle(request: HttpRequest) -> Any:
        if request.path == "/later":
            owed.append(Deferred())
            return owed[-1]
        return HttpResponse(200, [], request.path.encode())

    async with serving(Application(handle)) as server, http2_client_of(server) as client:
        later = client.ask(head(path="/later"))
        assert (await client.exchange(head(path="/now"))).body == b"/now"
        assert not client.answers[later].ended
        owed[0].deliver(HttpResponse(200, [], b"at last"))
        assert (await client.get(later)).body == b"at last"


MALFORMED = {
    "no path": [(":method", "GET"), (":scheme", "http"), (":authority", "x")],
    "no method": [(":scheme", "http"), (":authority", "x"), (":path", "/")],
    "no scheme": [(":method", "GET"), (":authority", "x"), (":path", "/")],
    "an empty path": head(path=""),
    "a relative path": head(path="a"),
    "a blank in the path": head(path="/a b"),
    "two paths": [*head(), (":path", "/b")],
    "an unknown pseudo-header": [(":protocol", "websocket"), *head()],
    "a pseudo-header of answers": [(":status", "200"), *head()],
    "a pseudo-header after a header": [*head()[:3], ("a", "b"), (":path", "/")],
    "an upper-case name": head("GET", "/", ("Name", "x")),
    "an empty name": head("GET", "/", ("", "x")),
    "a blank in a name": head("GET", "/", ("a b", "x")),
    "a line break in a value": head("GET", "/", ("a", "b\r\nc: d")),
    "NUL in a value": head("GET", "/", ("a", "b\0")),
    "a blank around a value": head("GET", "/", ("a", " b")),
    "connection": head("GET", "/", ("connection", "close")),
    "transfer-encoding": head("POST", "/", ("transfer-encoding", "chunked")),
    "upgrade": head("GET", "/", ("upgrade", "websocket")),
    "te": head("GET", "/", ("te", "gzip")),
    "another host": head("GET", "/", ("host", "y")),
    "userinfo": [*head()[:2], (":authority", "u@x"), (":path", "/")],
}


@pytest.mark.parametrize("headers", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_request_is_reset_and_the_others_go_on(headers: list[tuple[str, str]]):
    app = Application(echo)
    async with serving(app) as server, http2_client_of(server) as client:
        assert (await client.exchange(headers)).reset == PROTOCOL_ERROR
        assert (await client.exchange(head())).status == 200
    assert len(app.asked) == 1


REFUSED = {
    "CONNECT": ([(":method", "CONNECT"), (":authority", "x:1")], 501),
    "a strange method": (head("BREW"), 400),
    "a fragment": (head("GET", "/a#b"), 400),
    "no host": ([(":method", "GET"), (":scheme", "http"), (":path", "/")], 400),
    "a long path": (head("GET", "/" + "a" * 2000), 414),
    "many headers": (head("GET", "/", *[(f"h{n}", "x") for n in range(250)]), 431),
    "long headers": (head("GET", "/", ("long", "x" * 4900)), 431),
}


@pytest.mark.parametrize(("headers", "status"), REFUSED.values(), ids=REFUSED)
async def test_what_is_not_served_is_refused_and_the_others_go_on(headers: list[tuple[str, str]], status: int):
    app = Application(echo)
    async with (
        serving(app, header_bytes_max=4096, target_bytes_max=700) as server,
        http2_client_of(server) as client,
    ):
        assert (await client.exchange(headers)).status == status
        assert (await client.exchange(head())).status == 200
    assert len(app.asked) == 1


async def test_cookies_and_hosts_are_put_together():
    app = Application(echo)
    async with serving(app) as server, http2_client_of(server) as client:
        await client.exchange(head("GET", "/", ("host", "x"), ("cookie", "a=1"), ("b", "2"), ("cookie", "c=3")))
    assert app.asked[0].headers == [("host", "x"), ("b", "2"), ("cookie", "a=1; c=3")]


async def test_the_host_may_come_as_a_header():
    app = Application(echo)
    async with serving(app) as server, http2_client_of(server) as client:
        await client.exchange([(":method", "OPTIONS"), (":scheme", "http"), (":path", "*"), ("host", "y")])
    assert (app.asked[0].path, app.asked[0].headers) == ("*", [("host", "y")])


async def test_what_follows_the_body_is_a_trailer():
    app = Application(echo)
    async with serving(app) as server, http2_client_of(server) as client:
        stream_id = client.ask(head("POST"), b"abc", ends=False)
        client.conn.send_headers(stream_id, [("x-sum", "1")], end_stream=True)
        client.flush()
        assert (await client.get(stream_id)).body == b"abc"
    assert app.asked[0].trailers == [("x-sum", "1")]


def test_the_host_may_be_signed_as_the_authority():
    # As the AWS SDK for JavaScript signs what it sends by HTTP/2.
    assert canonical_headers((":authority", "x-amz-date"), {"host": "x:4566", "x-amz-date": "d"}) == (
        ":authority:x:4566\nx-amz-date:d\n"
    )


# -- answers


async def test_answers_without_a_body_have_none():
    async def stream() -> AsyncIterator[bytes]:
        yield b"never"

    given = {
        "/head": HttpResponse(200, [("Content-Length", "7")], b""),
        "/204": HttpResponse(204, [], b""),
        "/304": HttpResponse(304, [("ETag", '"a"')], b""),
        "/stream": HttpResponse(200, [], stream=stream()),
    }
    async with serving(Application(lambda r: given[r.path])) as server, http2_client_of(server) as client:
        for method, path, status, length in (
            ("HEAD", "/head", 200, "7"),
            ("GET", "/204", 204, None),
            ("GET", "/304", 304, None),
            ("HEAD", "/stream", 200, None),
        ):
            answer = await client.exchange(head(method, path))
            assert (answer.status, answer.body, answer.headers.get("content-length")) == (status, b"", length)


async def test_headers_of_a_connection_are_left_out_of_answers():
    given = HttpResponse(200, [("Connection", "close"), ("Transfer-Encoding", "chunked"), ("X-A", " b ")], b"x")
    async with serving(Application(lambda _: given)) as server, http2_client_of(server) as client:
        answer = await client.exchange(head())
        assert set(answer.headers) == {":status", "x-a", "date", "server", "content-length"}
        assert answer.headers["x-a"] == "b"


@pytest.mark.parametrize("value", ["a\r\nb: c", "\0"])
async def test_an_answer_cannot_smuggle_a_line(value: str, caplog: pytest.LogCaptureFixture):
    app = Application(lambda _: HttpResponse(200, [("X", value)], b""))
    async with serving(app) as server, http2_client_of(server) as client:
        assert (await client.exchange(head())).status == 500


async def test_streamed_answers_come_whole_beside_each_other():
    app = Application(lambda r: HttpResponse(200, [], stream=pieces(*[r.path.encode()] * 50, b"", b"!")))
    async with serving(app) as server, http2_client_of(server) as client:
        asked = [client.ask(head(path=f"/{n}")) for n in range(20)]
        for n, stream_id in enumerate(asked):
            assert (await client.get(stream_id)).body == b"/%d" % n * 50 + b"!"


@pytest.mark.parametrize("length", ["2", "4", None])
async def test_an_answer_that_is_not_whole_is_reset(length: str | None, caplog: pytest.LogCaptureFixture):
    async def broken() -> AsyncIterator[bytes]:
        yield b"abc"
        if length is None:
            raise RuntimeError("broken")

    headers = [] if length is None else [("Content-Length", length)]
    app = Application(lambda r: HttpResponse(200, headers, stream=broken()) if r.path == "/b" else echo(r))
    with caplog.at_level(logging.ERROR):
        async with serving(app) as server, http2_client_of(server) as client:
            if length is None:
                assert (await client.exchange(head(path="/b"))).reset == 2
            else:
                client.conn.config.validate_inbound_headers = False
                stream_id = client.ask(head(path="/b"))
                await client.get(stream_id)
                assert client.answers[stream_id].reset == 2
            assert (await client.exchange(head())).status == 200
    assert caplog.records


async def test_an_answer_goes_no_faster_than_its_client_takes_it():
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 5_000_000:
            read += 50_000
            yield bytes(50_000)

    app = Application(lambda r: HttpResponse(200, [], stream=endless()) if r.path == "/big" else echo(r))
    async with serving(app) as server, http2_client_of(server, acks=False) as client:
        big = client.ask(head(path="/big"))
        await client.until(lambda: len(client.answers[big].body) == 65_535)
        await asyncio.sleep(0.05)
        assert read < 400_000
        client.conn.increment_flow_control_window(10_000_000)
        client.flush()
        assert (await client.exchange(head("POST"), b"beside")).body == b"beside"
        client.conn.increment_flow_control_window(10_000_000, big)
        client.flush()
        assert len((await client.get(big)).body) == 5_000_000


async def test_requests_wait_while_too_much_is_unread(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http2_answering, "UNSENT_BYTES_MAX", 50_000)
    app = Application(lambda _: HttpResponse(200, [], bytes(150_000)))
    async with serving(app) as server, http2_client_of(server, acks=False) as client:
        first, second, third = (client.ask(head(path=f"/{n}")) for n in range(3))
        await client.until(lambda: len(client.answers[first].body) + len(client.answers[second].body) == 65_535)
        await asyncio.sleep(0.02)
        assert len(app.asked) == 1
        client.acks = True
        for stream_id in (first, second, third):
            client.conn.increment_flow_control_window(300_000, stream_id)
        client.conn.increment_flow_control_window(600_000)
        client.flush()
        for stream_id in (first, second, third):
            assert len((await client.get(stream_id)).body) == 150_000


# -- bodies


async def test_a_large_body_streams_in():
    async with (
        serving(Application(length_of, STREAM)) as server,
        http2_client_of(server) as client,
    ):
        stream_id = client.ask(head("PUT"), b"", ends=False)
        sent = 0
        while sent < 3_000_000:
            size = min(client.conn.local_flow_control_window(stream_id), 16_384, 3_000_000 - sent)
            if not size:
                await client.read()
                continue
            client.conn.send_data(stream_id, bytes(size), end_stream=sent + size == 3_000_000)
            client.flush()
            sent += size
        assert (await client.get(stream_id)).body == b"3000000"


async def test_a_body_that_nobody_reads_is_held_at_the_client_and_holds_nobody_else():
    go = asyncio.Event()

    async def later(request: HttpRequest) -> HttpResponse:
        await go.wait()
        return await length_of(request)

    app = Application(lambda r: later(r) if r.path == "/held" else echo(r), lambda r: Admission(r.path == "/held"))
    async with serving(app) as server, http2_client_of(server) as client:
        await client.read()
        held = client.ask(head("PUT", "/held"), b"", ends=False)

        def push() -> int:
            size = 0
            while room := min(client.conn.local_flow_control_window(held), 16_384):
                client.conn.send_data(held, bytes(room))
                size += room
            client.flush()
            return size

        sent = 0
        for _ in range(20):
            sent += push()
            with_others = await client.exchange(head("POST"), b"beside")
            assert with_others.body == b"beside"
        assert sent <= 3 * 262_144
        go.set()
        while sent < 2_000_000:
            sent += push()
            await client.read()
        client.conn.end_stream(held)
        client.flush()
        assert (await client.get(held)).body == b"%d" % sent


@pytest.mark.parametrize("stream", [False, True])
async def test_a_body_that_is_too_large_is_refused(stream: bool):
    limits = {"body_bytes_max": 1000, "buffered_body_bytes_max": 1000}
    app = Application(length_of if stream else echo, Admission(stream=stream))
    async with serving(app, **limits) as server, http2_client_of(server) as client:
        assert (await client.exchange(head("POST"), bytes(1500))).status == 413
        assert (await client.exchange(head("POST", "/", ("content-length", "1500")), bytes(1500))).status == 413


async def test_a_request_that_is_refused_early_is_answered_and_then_reset_without_an_error():
    app = Application(echo, lambda _: HttpResponse(403, [], b"no"))
    async with serving(app) as server, http2_client_of(server) as client:
        stream_id = client.ask(head("PUT"), bytes(50_000), ends=False)
        await client.until(lambda: client.answers[stream_id].reset is not None)
        answer = client.answers[stream_id]
        assert (answer.status, answer.body, answer.reset) == (403, b"no", NO_ERROR)
        assert (await client.exchange(head())).status == 200
    assert [request.method for request in app.asked] == ["GET"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_asks_first_is_told_to_go_on(stream: bool):
    app = Application(length_of if stream else echo, Admission(stream=stream))
    async with serving(app) as server, http2_client_of(server) as client:
        stream_id = client.ask(head("PUT", "/", ("expect", "100-continue")), ends=False)
        await client.until(lambda: client.answers[stream_id].informed == [100])
        client.conn.send_data(stream_id, b"abc", end_stream=True)
        client.flush()
        assert (await client.get(stream_id)).body == (b"3" if stream else b"abc")


# -- ends


async def test_who_works_for_a_request_is_told_when_its_client_gives_it_up():
    told: list[object] = []

    async def upload(request: HttpRequest) -> HttpResponse:
        try:
            return await length_of(request)
        except BodyFailed as failure:
            told.append(type(failure))
            raise
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            await asyncio.sleep(60)
        finally:
            told.append("closed")

    given = {
        "/upload": upload,
        "/deferred": lambda _: Deferred(lambda: told.append("gone")),
        "/stream": lambda _: HttpResponse(200, [], stream=stream()),
    }
    app = Application(lambda r: given.get(r.path, echo)(r), STREAM)
    async with serving(app) as server, http2_client_of(server) as client:
        for path in given:
            stream_id = client.ask(head("PUT", path), b"x" if path == "/upload" else None, ends=path != "/upload")
            if path == "/stream":
                await client.until(lambda: client.answers[stream_id].body)  # noqa: B023
            else:
                await client.exchange(head())
            client.conn.reset_stream(stream_id, CANCEL)
            client.flush()
            await client.exchange(head())
        await asyncio.sleep(0.01)
    assert told[0] in (ClientGone, "cancelled")
    assert told[1:] == ["gone", "closed"]


async def test_a_client_that_leaves_gets_what_it_asked_for():
    owed = Deferred()
    async with serving(Application(lambda _: owed)) as server, http2_client_of(server) as client:
        stream_id = client.ask(head())
        client.writer.write(bytes((0, 0, 8, 7, 0, 0, 0, 0, 0)) + bytes(8))
        await asyncio.sleep(0.02)
        owed.deliver(HttpResponse(200, [], b"still"))
        assert (await client.get(stream_id)).body == b"still"
        await client.closed()


async def test_a_server_that_stops_finishes_what_is_under_way():
    owed = Deferred()
    app = Application(lambda _: owed)
    async with serving(app) as server, http2_client_of(server) as client, http2_client_of(server) as idle:
        stream_id = client.ask(head())
        while not app.asked:
            await asyncio.sleep(0)
        stopping = asyncio.create_task(server.stop(2))
        await asyncio.sleep(0.02)
        owed.deliver(HttpResponse(200, [], b"done"))
        data = await asyncio.wait_for(client.reader.read(), 5)
        assert data.index(GONE + struct.pack(">II", stream_id, NO_ERROR)) < data.index(b"done")
        await idle.closed()
        assert (idle.goaway, idle.last_stream_id) == (NO_ERROR, 0)
        client.writer.close()
        idle.writer.close()
        await asyncio.wait_for(stopping, 2)


async def test_a_server_that_stops_begins_nothing():
    owed = Deferred()
    app = Application(lambda _: owed)
    async with serving(app) as server, http2_client_of(server) as client:
        client.ask(head())
        while not app.asked:
            await asyncio.sleep(0)
        stopping = asyncio.create_task(server.stop(0.1))
        await asyncio.sleep(0.02)
        client.ask(head())
        data = await asyncio.wait_for(client.reader.read(), 5)
        assert frame(RST_STREAM, 0, 3, struct.pack(">I", REFUSED_STREAM)) in data
        await stopping
    assert len(app.asked) == 1


@pytest.mark.parametrize("is_reset", [False, True])
async def test_no_answer_ends_the_connection(is_reset: bool):
    app = Application(lambda _: NoAnswer(is_reset=is_reset))
    async with serving(app) as server, http2_client_of(server) as client:
        client.ask(head())
        await client.closed()
        assert client.goaway is None


async def test_a_websocket_needs_http_1_1():
    def begin(_: Any) -> Any:
        raise AssertionError("begun")

    app = Application(lambda _: Upgraded(begin, [], frame_bytes_max=1, message_bytes_max=1))
    async with serving(app) as server, http2_client_of(server) as client:
        assert (await client.exchange(head())).reset == 13
