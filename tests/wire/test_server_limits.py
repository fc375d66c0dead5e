"""What ill-behaved clients get: limits, malformed input, smuggling, slowness."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.body import BodyTooSlow
from foulweather.wire.server import STREAM
from loopback import GET, Application, client_of, echo, exchange, post, serving
from loopback import event_loop_policy as event_loop_policy

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy:DeprecationWarning")

POST = b"POST / HTTP/1.1\r\nHost: x\r\n"

MALFORMED = {
    "content-length with transfer-encoding": POST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "transfer-encoding with content-length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "two differing content-lengths": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of content-lengths": POST + b"Content-Length: 3, 4\r\n\r\nabcd",
    "a signed content-length": POST + b"Content-Length: +3\r\n\r\nabc",
    "a hexadecimal content-length": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "an empty content-length": POST + b"Content-Length:\r\n\r\nabc",
    "an endless content-length": POST + b"Content-Length: 99999999999999999999999\r\n\r\nabc",
    "a bad chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a negative chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
    "an endless chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than its size": POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "obs-fold": POST + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a blank before the colon": POST + b"X : a\r\n\r\n",
    "a blank before the colon of content-length": POST + b"Content-Length : 3\r\n\r\nabc",
    "NUL in a header": POST + b"X: a\0b\r\n\r\n",
    "CR in a header": POST + b"X: a\rb\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nHost: x\n\n",
    "no colon": POST + b"nonsense\r\n\r\n",
    "an empty header name": POST + b": a\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nX: y\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a strange method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a lower-case method": b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    "another protocol": b"GET / ICY/1.1\r\nHost: x\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a relative target": b"GET a HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the target": b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "an asterisk for GET": b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    "userinfo in the target": b"GET http://a@b/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "another scheme": b"GET ftp://b/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "half of HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "headers in HTTP/2's preface": b"PRI * HTTP/2.0\r\nHost: x\r\n\r\nSM\r\n\r\n",
    "a path in HTTP/2's preface": b"PRI / HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "binary": bytes(range(128, 256)),
    "TLS on a plain port": bytes.fromhex("1603010200010001fc0303"),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_input_is_a_400_and_the_end(data: bytes):
    app = Application(echo)
    async with serving(app) as server, client_of(server) as client:
        client.send(data)
        status, headers, _ = await client.response()
        assert (status, headers["connection"]) == (400, "close")
        assert await client.closed()
    assert app.asked == []


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505),
        (b"GET /\r\n\r\n", 505),
    ],
)
async def test_what_is_not_served_is_refused(data: bytes, status: int):
    app = Application(echo)
    async with serving(app) as server, client_of(server) as client:
        client.send(data)
        assert (await client.response())[0] == status
        assert await client.closed()
    assert app.asked == []


async def test_nothing_after_malformed_input_is_served():
    app = Application(echo)
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    async with serving(app) as server, client_of(server) as client:
        client.send(GET + MALFORMED["content-length with transfer-encoding"] + smuggled)
        assert (await client.response())[0] == 200
        assert (await client.response())[0] == 400
        client.send(smuggled)
        assert await client.closed()
    assert [request.path for request in app.asked] == ["/"]


async def test_nothing_after_connection_close_is_served():
    app = Application(echo)
    async with serving(app) as server, client_of(server) as client:
        client.send(b"GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await client.response())[0] == 200
        assert await client.closed()
    assert [request.path for request in app.asked] == ["/1"]


async def test_nothing_is_served_after_an_answer_that_closes():
    app = Application(lambda _: HttpResponse(200, [("Connection", "close")], b""))
    async with serving(app) as server, client_of(server) as client:
        client.send(GET + post(b"x", path="/2") + GET)
        assert (await client.response())[1]["connection"] == "close"
        assert await client.closed()
    assert [request.path for request in app.asked] == ["/"]


async def test_the_same_holds_when_the_answer_takes_time():
    async def later(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0.02)
        return echo(request)

    async with serving(Application(later)) as server, client_of(server) as client:
        client.send(b"GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nnonsense")
        assert (await client.response())[0] == 200
        assert await client.closed()


async def test_an_offer_of_h2c_is_ignored():
    app = Application(echo)
    chunked = b"Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
    offer = "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"
    async with serving(app) as server, client_of(server) as client:
        client.send(post(b"abc", *offer) + GET.replace(b"/ ", b"/next ") + post(b"", *offer) + post(b"last"))
        client.send(POST + chunked + GET)
        bodies = [(await client.response())[2] for _ in range(6)]
    assert bodies == [b"abc", b"", b"", b"last", b"de", b""]
    assert app.asked[4].trailers == [("X-T", "1")]
    assert [request.path for request in app.asked] == ["/", "/next", "/", "/", "/", "/"]


async def test_an_upgrade_that_also_closes_closes():
    app = Application(echo)
    async with serving(app) as server, client_of(server) as client:
        client.send(post(b"abc", "Connection: Upgrade, close", "Upgrade: h2c") + GET)
        assert (await client.response())[1]["connection"] == "close"
        assert await client.closed()
    assert len(app.asked) == 1


async def test_an_absolute_target_gives_path_and_host():
    app = Application(echo)
    await exchange(app, b"GET http://bucket.localhost:4566/a%2Fb?c HTTP/1.1\r\nX: y\r\nhOst: x\r\n\r\n")
    await exchange(app, b"GET HTTPS://b?c HTTP/1.1\r\nHost: x\r\n\r\n")
    await exchange(app, b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
    first, second, third = app.asked
    assert (first.path, first.query) == ("/a%2Fb", "c")
    assert first.headers == [("X", "y"), ("hOst", "bucket.localhost:4566")]
    assert (second.path, second.query, second.header("host")) == ("/", "c", "b")
    assert third.path == "*"


# -- sizes


async def test_a_target_may_be_so_long_and_no_longer():
    app = Application(echo)
    assert (await exchange(app, b"GET /" + b"a" * 99 + b" HTTP/1.1\r\nHost: x\r\n\r\n", target_bytes_max=100))[0] == 200
    assert (await exchange(app, b"GET /" + b"a" * 100 + b" HTTP/1.1\r\nHost: x\r\n\r\n", target_bytes_max=100))[
        0
    ] == 414
    assert (await exchange(app, b"GET /" + b"a" * 100_000, target_bytes_max=100))[0] == 414


async def test_headers_may_be_so_big_and_no_bigger():
    app = Application(echo)
    ok = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 900 + b"\r\n\r\n"
    assert (await exchange(app, ok, header_bytes_max=1000))[0] == 200
    big = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1000 + b"\r\n\r\n"
    assert (await exchange(app, big, header_bytes_max=1000))[0] == 431
    many = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 201 + b"\r\n"
    assert (await exchange(app, many))[0] == 431


async def test_endless_headers_are_refused_before_they_end():
    async with serving(Application(echo)) as server, client_of(server) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                client.send(b"X: " + b"a" * 1000 + b"\r\n")
                await client.writer.drain()
                await asyncio.sleep(0)
        assert (await client.response())[0] == 431


async def test_endless_trailers_are_refused():
    data = POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 300 + b"\r\n"
    assert (await exchange(Application(echo), data))[0] == 431


async def test_a_body_may_be_so_big_and_no_bigger():
    app = Application(echo)
    assert (await exchange(app, post(b"x" * 100), buffered_body_bytes_max=100))[0] == 200
    assert (await exchange(app, post(b"x" * 101), buffered_body_bytes_max=100))[0] == 413
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"32\r\n" + b"x" * 50 + b"\r\n33\r\n" + b"x" * 51 + b"\r\n"
    assert (await exchange(app, chunked, buffered_body_bytes_max=100))[0] == 413
    assert (await exchange(Application(echo, STREAM), post(b"x" * 101), body_bytes_max=100))[0] == 413


async def test_a_refused_upload_sees_its_answer_while_it_still_sends():
    async with serving(Application(echo)) as server, client_of(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n")
        for _ in range(50):
            client.send(b"x" * 100_000)
            await asyncio.sleep(0)
        assert (await client.response())[0] == 413


# -- slowness


async def test_a_slow_head_times_out():
    async with serving(Application(echo), header_timeout_s=0.5) as server, client_of(server) as client:
        client.send(GET)
        await client.response()
        client.send(b"GET / HTTP/1.1\r\n")
        for _ in range(20):
            await asyncio.sleep(0.1)
            client.send(b"X: y\r\n")
            if client.reader._buffer:
                break
        assert (await client.response())[0] == 408


async def test_a_slow_body_times_out():
    async with serving(Application(echo), body_timeout_s=0.5) as server, client_of(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        for _ in range(20):
            await asyncio.sleep(0.1)
            client.send(b"x")
            if client.reader._buffer:
                break
        assert (await client.response())[0] == 408


async def test_a_steady_body_does_not():
    async with serving(Application(echo), body_timeout_s=0.5) as server, client_of(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(10):
            await asyncio.sleep(0.1)
            client.send(b"x" * 100)
        assert (await client.response())[0] == 200


async def test_a_slow_stream_fails_for_its_reader():
    seen: list[Exception] = []

    async def handle(request: HttpRequest) -> HttpResponse:
        assert request.stream is not None
        try:
            async for _ in request.stream:
                pass
        except BodyTooSlow as error:
            seen.append(error)
            return HttpResponse(400, [], b"RequestTimeout")
        return HttpResponse(200, [])

    async with serving(Application(handle, STREAM), body_timeout_s=0.5) as server, client_of(server) as client:
        client.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        status, headers, _ = await client.response()
        assert (status, headers["connection"]) == (400, "close")
    assert len(seen) == 1


async def test_an_idle_connection_is_closed_without_a_word():
    async with serving(Application(echo), idle_timeout_s=0.5) as server, client_of(server) as client:
        client.send(GET)
        await client.response()
        assert await client.closed()


async def test_a_silent_connection_is_closed_without_a_word():
    async with serving(Application(echo), header_timeout_s=0.5) as server, client_of(server) as client:
        assert await client.closed()


async def test_a_client_that_waits_for_a_slow_answer_is_not_idle():
    async def later(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(1)
        return echo(request)

    short = {"idle_timeout_s": 0.3, "header_timeout_s": 0.3}
    async with serving(Application(later), **short) as server, client_of(server) as client:
        client.send(post(b"abc"))
        assert (await client.response())[2] == b"abc"
