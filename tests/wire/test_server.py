"""The HTTP front end over real loopback sockets."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.server import STREAM, Deferred, Server
from loopback import GET, NOW_MS, Application, client_of, echo, exchange, post, serving
from loopback import event_loop_policy as event_loop_policy

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy:DeprecationWarning")


async def test_a_body_is_echoed_with_date_of_the_world_and_server():
    status, headers, body = await exchange(Application(echo), post(b"hello"))
    assert (status, body) == (200, b"hello")
    assert headers["date"] == "Sun, 30 Aug 2015 12:36:00 GMT"
    assert headers["server"] == "foulweather"
    assert headers["content-length"] == "5"
    assert "connection" not in headers


async def test_headers_keep_case_order_and_repetitions_and_the_path_stays_raw():
    app = Application(echo)
    await exchange(
        app,
        b"GET /a%2Fb//c/../d?x=%20+&&y HTTP/1.1\r\nHoSt: h:1\r\nX-B: 1 \r\nx-a:\t2\r\nX-b: 3\r\nX-L: \xe9\r\n\r\n",
    )
    request = app.asked[0]
    assert (request.method, request.path, request.query) == ("GET", "/a%2Fb//c/../d", "x=%20+&&y")
    assert request.headers == [("HoSt", "h:1"), ("X-B", "1"), ("x-a", "2"), ("X-b", "3"), ("X-L", "é")]
    assert request.header("x-b") == "1,3"
    assert request.peer == "127.0.0.1"


async def test_response_headers_keep_case_order_and_repetitions():
    app = Application(lambda _: HttpResponse(200, [("x-B", "1"), ("X-a", "2"), ("x-B", "3")], b"."))
    async with serving(app) as server, client_of(server) as client:
        client.send(GET)
        raw = await client.reader.readuntil(b"\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 200 OK\r\nx-B: 1\r\nX-a: 2\r\nx-B: 3\r\n")


async def test_a_connection_serves_many_requests():
    async with serving(Application(echo)) as server, client_of(server) as client:
        for number in range(5):
            client.send(post(b"%d" % number))
            assert (await client.response())[2] == b"%d" % number


async def test_connection_close_is_honoured():
    async with serving(Application(echo)) as server, client_of(server) as client:
        client.send(post(b"a", "Connection: close"))
        _, headers, _ = await client.response()
        assert headers["connection"] == "close"
        assert await client.closed()


async def test_http_1_0_closes_unless_asked_to_stay():
    async with serving(Application(echo)) as server:
        async with client_of(server) as client:
            client.send(b"GET / HTTP/1.0\r\n\r\n")
            assert (await client.response())[1]["connection"] == "close"
            assert await client.closed()
        async with client_of(server) as client:
            for _ in range(2):
                client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                assert (await client.response())[1]["connection"] == "keep-alive"


async def test_pipelined_requests_are_answered_in_order_whatever_each_takes():
    def handle(request: HttpRequest) -> Any:
        async def slowly() -> HttpResponse:
            await asyncio.sleep(0.02)
            return HttpResponse(200, [], request.path.encode())

        if request.path in ("/0", "/3"):
            return slowly()
        if request.path == "/1":
            deferred = Deferred()
            asyncio.get_running_loop().call_later(0.01, deferred.deliver, HttpResponse(200, [], request.path.encode()))
            return deferred
        return HttpResponse(200, [], request.path.encode())

    async with serving(Application(handle)) as server, client_of(server) as client:
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(6)))
        assert [(await client.response())[2] for _ in range(6)] == [b"/%d" % n for n in range(6)]


async def test_a_pipelined_request_is_not_handled_before_its_turn():
    first = Deferred()
    app = Application(lambda request: first if request.path == "/1" else HttpResponse(200, [], b"2"))
    async with serving(app) as server, client_of(server) as client:
        client.send(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.03)
        assert [request.path for request in app.asked] == ["/1"]
        first.deliver(HttpResponse(200, [], b"1"))
        assert [(await client.response())[2] for _ in range(2)] == [b"1", b"2"]


async def test_the_pipeline_is_bounded_by_reading_no_more():
    first = Deferred()
    app = Application(lambda request: first if request.path == "/first" else echo(request))
    async with serving(app, pipelined_requests_max=4) as server, client_of(server) as client:
        client.send(b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.02)
        for _ in range(50):
            client.send(post(b"x" * 100_000))
        await asyncio.sleep(0.1)
        connection = next(iter(server._connections))
        assert len(connection._turns) < 12
        first.deliver(HttpResponse(200, [], b""))
        for _ in range(51):
            assert (await client.response())[0] == 200


async def test_a_deferred_answer_may_come_before_it_is_awaited_and_only_once():
    def handle(_: HttpRequest) -> Deferred:
        deferred = Deferred()
        deferred.deliver(HttpResponse(201, [], b"now"))
        with pytest.raises(RuntimeError):
            deferred.deliver(HttpResponse(201, [], b"again"))
        return deferred

    assert (await exchange(Application(handle), GET))[0] == 201


async def test_a_deferred_answer_learns_that_its_client_has_gone():
    gone: list[str] = []
    deferred = Deferred(gone=lambda: gone.append("gone"))
    async with serving(Application(lambda _: deferred)) as server:
        async with client_of(server) as client:
            client.send(GET)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)
        assert gone == ["gone"]
        deferred.deliver(HttpResponse(200, [], b"to nobody"))


async def test_an_awaited_answer_is_cancelled_when_its_client_goes():
    seen: list[str] = []

    async def poll() -> HttpResponse:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return HttpResponse(200, [])

    async with serving(Application(lambda _: poll())) as server:
        async with client_of(server) as client:
            client.send(GET)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)
    assert seen == ["cancelled"]


async def test_a_half_closing_client_still_gets_its_prompt_answer():
    deferred = Deferred()
    async with serving(Application(lambda _: deferred)) as server, client_of(server) as client:
        client.send(GET)
        client.writer.write_eof()
        await asyncio.sleep(0.03)
        deferred.deliver(HttpResponse(200, [], b"here"))
        assert (await client.response())[2] == b"here"
        assert await client.closed()


async def test_head_never_has_a_body_but_its_length():
    async with serving(Application(lambda _: HttpResponse(200, [], b"12345"))) as server, client_of(server) as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await client.response(head=True))[1]["content-length"] == "5"
        client.send(GET)
        assert (await client.response())[2] == b"12345"


async def test_head_may_tell_another_length_than_its_empty_body():
    app = Application(lambda _: HttpResponse(200, [("Content-Length", "777")], b""))
    async with serving(app) as server, client_of(server) as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await client.response(head=True))[1]["content-length"] == "777"


@pytest.mark.parametrize("status", [204, 304])
async def test_some_statuses_never_have_a_body(status: int):
    app = Application(lambda r: HttpResponse(status, [("ETag", '"1"')], b"dropped") if r.path == "/" else echo(r))
    async with serving(app) as server, client_of(server) as client:
        client.send(GET + post(b"next", path="/next"))
        got, headers, _ = await client.response()
        assert (got, headers.get("content-length")) == (status, None)
        assert (await client.response())[2] == b"next"


@pytest.mark.parametrize("way", ["at once", "deferred", "awaited"])
@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nSet-Cookie: b", "a\0", "\u20ac"])
async def test_a_header_that_cannot_be_sent_is_a_500(way: str, value: str, caplog: pytest.LogCaptureFixture):
    response = HttpResponse(200, [("X", value)], b"")
    deferred = Deferred()

    async def awaited() -> HttpResponse:
        return response

    app = Application(lambda _: {"at once": response, "deferred": deferred}.get(way) or awaited())
    async with serving(app) as server, client_of(server) as client:
        client.send(GET)
        await asyncio.sleep(0.01)
        deferred.deliver(response)
        status, headers, _ = await client.response()
    assert status == 500
    assert "set-cookie" not in headers


@pytest.mark.parametrize("status", [0, 100, 101, 1000])
async def test_a_status_that_ends_no_exchange_is_a_500(status: int, caplog: pytest.LogCaptureFixture):
    assert (await exchange(Application(lambda _: HttpResponse(status, [], b"")), GET))[0] == 500


async def test_the_application_may_say_date_server_and_close_itself():
    headers = [("date", "then"), ("SERVER", "AmazonS3"), ("Connection", "close"), ("Content-Length", "1")]
    async with serving(Application(lambda _: HttpResponse(200, headers, b"x"))) as server, client_of(server) as client:
        client.send(GET)
        raw = await client.reader.read()
    assert raw == (
        b"HTTP/1.1 200 OK\r\ndate: then\r\nSERVER: AmazonS3\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"
    )


async def test_a_content_length_that_lies_is_a_500(caplog: pytest.LogCaptureFixture):
    app = Application(lambda _: HttpResponse(200, [("Content-Length", "3")], b"12345"))
    assert (await exchange(app, GET))[0] == 500


@pytest.mark.parametrize("kind", ["sync", "async", "admit"])
async def test_an_exception_is_a_500_that_tells_nothing_and_is_logged(kind: str, caplog: pytest.LogCaptureFixture):
    def fail(_: Any) -> Any:
        raise RuntimeError("secret")

    async def fail_later() -> HttpResponse:
        raise RuntimeError("secret")

    app = Application({"sync": fail, "async": lambda _: fail_later(), "admit": echo}[kind])
    if kind == "admit":
        app._admit = fail
    with caplog.at_level(logging.ERROR):
        status, _, body = await exchange(app, post(b"x"))
    assert (status, body) == (500, b"Internal Server Error\n")
    assert "secret" in caplog.text


async def test_an_answer_that_is_no_response_is_a_500(caplog: pytest.LogCaptureFixture):
    assert (await exchange(Application(lambda _: None), GET))[0] == 500


async def test_admission_is_asked_only_of_requests_with_a_body():
    app = Application(echo)
    await exchange(app, GET)
    assert app.admitted == []
    await exchange(app, post(b"x"))
    assert len(app.admitted) == 1


async def test_stop_finishes_what_is_under_way_and_refuses_new_connections():
    deferred = Deferred()
    server = Server(Application(lambda _: deferred), lambda: NOW_MS)
    await server.start()
    async with client_of(server) as idle, client_of(server) as busy:
        busy.send(GET)
        await asyncio.sleep(0.02)
        port = server.port
        stopping = asyncio.create_task(server.stop(5))
        assert await idle.closed()
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)
        deferred.deliver(HttpResponse(200, [], b"done"))
        _, headers, body = await busy.response()
        assert (headers["connection"], body) == ("close", b"done")
        await asyncio.wait_for(stopping, 2)


async def test_stop_cancels_what_outlasts_the_grace():
    cancelled = asyncio.Event()

    async def poll() -> HttpResponse:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()
        return HttpResponse(200, [])

    server = Server(Application(lambda _: poll()), lambda: NOW_MS)
    await server.start()
    async with client_of(server) as client:
        client.send(GET)
        await asyncio.sleep(0.02)
        await asyncio.wait_for(server.stop(0.05), 2)
        assert cancelled.is_set()
        assert server.connection_count == 0


async def test_beyond_the_most_connections_a_client_gets_503():
    async with serving(Application(echo), connections_max=1) as server, client_of(server) as first:
        first.send(GET)
        await first.response()
        async with client_of(server) as second:
            assert (await second.response())[0] == 503


async def test_a_request_split_into_single_bytes_is_the_same_request():
    app = Application(echo)
    async with serving(app) as server, client_of(server) as client:
        for byte in post(b"hello", "X-Long: value", path="/p?q"):
            client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.response())[2] == b"hello"
    assert (app.asked[0].path, app.asked[0].query, app.asked[0].header("x-long")) == ("/p", "q", "value")


async def test_streams_are_admitted_with_stream():
    async def read(request: HttpRequest) -> HttpResponse:
        assert request.stream is not None
        size = 0
        async for chunk in request.stream:
            size += len(chunk)
        return HttpResponse(200, [], b"%d" % size)

    assert (await exchange(Application(read, STREAM), post(b"x" * 3_000_000)))[2] == b"3000000"
