"""Bodies that stream in and out: back-pressure, 100-continue, and what happens when a side gives up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.body import BodyFailed, BodyTooLarge, ClientGone
from foulweather.wire.server import STREAM, Admission
from loopback import GET, Application, client_of, echo, exchange, post, serving
from loopback import event_loop_policy as event_loop_policy

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy:DeprecationWarning")


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(0)


async def read_all(request: HttpRequest) -> HttpResponse:
    assert request.stream is not None
    body = b"".join([chunk async for chunk in request.stream])
    return HttpResponse(200, [], b"%d" % len(body))


# -- responses


async def test_a_streamed_response_is_chunked():
    app = Application(lambda _: HttpResponse(200, [], stream=pieces(b"a", b"", b"bc")))
    async with serving(app) as server, client_of(server) as client:
        for _ in range(2):
            client.send(GET)
            _, headers, body = await client.response()
            assert (headers["transfer-encoding"], body) == ("chunked", b"abc")


async def test_a_streamed_response_of_known_length_is_not_chunked():
    app = Application(lambda _: HttpResponse(200, [("Content-Length", "3")], stream=pieces(b"a", b"bc")))
    async with serving(app) as server, client_of(server) as client:
        for _ in range(2):
            client.send(GET)
            _, headers, body = await client.response()
            assert (headers.get("transfer-encoding"), body) == (None, b"abc")


async def test_a_streamed_response_to_http_1_0_ends_with_the_connection():
    app = Application(lambda _: HttpResponse(200, [], stream=pieces(b"a", b"bc")))
    async with serving(app) as server, client_of(server) as client:
        client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        _, headers, body = await client.response()
        assert (headers["connection"], body) == ("close", b"abc")


async def test_head_of_a_stream_sends_none_of_it_and_closes_it():
    closed: list[bool] = []

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b"never"
        finally:
            closed.append(True)

    made = stream()
    await made.__anext__()
    app = Application(lambda r: HttpResponse(200, [], stream=made) if r.method == "HEAD" else echo(r))
    async with serving(app) as server, client_of(server) as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + post(b"next"))
        assert (await client.response(head=True))[0] == 200
        assert (await client.response())[2] == b"next"
    assert closed == [True]


@pytest.mark.parametrize("length", ["2", "4"])
async def test_a_stream_of_another_length_than_announced_breaks_the_connection(
    length: str, caplog: pytest.LogCaptureFixture
):
    app = Application(lambda _: HttpResponse(200, [("Content-Length", length)], stream=pieces(b"abc")))
    async with serving(app) as server, client_of(server) as client:
        client.send(GET)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await client.response()


async def test_a_stream_that_fails_breaks_the_connection_and_is_logged(caplog: pytest.LogCaptureFixture):
    async def stream() -> AsyncIterator[bytes]:
        yield b"abc"
        raise RuntimeError("broken")

    app = Application(lambda _: HttpResponse(200, [], stream=stream()))
    with caplog.at_level(logging.ERROR):
        async with serving(app) as server, client_of(server) as client:
            client.send(GET)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
                await client.response()
    assert "broken" in caplog.text


async def test_a_stream_is_read_no_faster_than_its_client_reads():
    made = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal made
        for _ in range(400):
            made += 1
            yield b"x" * 100_000

    app = Application(lambda _: HttpResponse(200, [], stream=stream()))
    async with serving(app) as server, client_of(server) as client:
        client.send(GET)
        await asyncio.sleep(0.2)
        assert made < 200
        _, _, body = await client.response()
        assert len(body) == 40_000_000


async def test_a_stream_is_closed_when_its_client_goes():
    closed = asyncio.Event()

    async def stream() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.005)
        finally:
            closed.set()

    async with serving(Application(lambda _: HttpResponse(200, [], stream=stream()))) as server:
        async with client_of(server) as client:
            client.send(GET)
            await client.reader.readuntil(b"\r\n\r\n")
        await asyncio.wait_for(closed.wait(), 2)


async def test_a_client_that_never_reads_is_cut_off():
    async def stream() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100_000

    app = Application(lambda _: HttpResponse(200, [], stream=stream()))
    async with serving(app, write_timeout_s=0.5) as server, client_of(server) as client:
        client.send(GET)
        await asyncio.sleep(1.2)
        assert server.connection_count == 0


# -- requests


async def test_a_chunked_body_is_put_together_and_its_trailers_are_apart():
    app = Application(echo)
    data = (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
        b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\nX-T: 2\r\n\r\n"
    )
    assert (await exchange(app, data))[2] == b"abcde"
    assert app.asked[0].trailers == [("X-T", "1"), ("X-T", "2")]
    assert app.asked[0].header("x-t") == ""


async def test_a_streamed_request_is_handled_before_its_body_has_come():
    async with serving(Application(read_all, STREAM)) as server, client_of(server) as client:
        client.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
        await asyncio.sleep(0.02)
        client.send(b"def" + post(b"", path="/2"))
        assert (await client.response())[2] == b"6"


async def test_a_streamed_request_is_taken_in_no_faster_than_it_is_read():
    go = asyncio.Event()

    async def handle(request: HttpRequest) -> HttpResponse:
        await go.wait()
        return await read_all(request)

    async with serving(Application(handle, STREAM)) as server, client_of(server) as client:
        client.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\n\r\n")
        client.send(b"x" * 40_000_000)
        await asyncio.sleep(0.2)
        assert client.writer.transport.get_write_buffer_size() > 20_000_000
        go.set()
        assert (await client.response())[2] == b"40000000"


async def test_a_streamed_chunked_request_has_its_trailers_at_the_end():
    async def handle(request: HttpRequest) -> HttpResponse:
        response = await read_all(request)
        return HttpResponse(200, [], response.body + repr(request.trailers).encode())

    data = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"
    assert (await exchange(Application(handle, STREAM), data))[2] == b"3[('X-T', '1')]"


async def test_an_early_answer_to_a_stream_closes_the_connection_but_arrives():
    app = Application(lambda _: HttpResponse(403, [], b"no"), STREAM)
    async with serving(app) as server, client_of(server) as client:
        client.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 2_000_000)
        status, headers, body = await client.response()
        assert (status, headers["connection"], body) == (403, "close", b"no")
        client.send(b"x" * 1_000_000)
        assert await client.closed()


async def test_a_stream_whose_body_has_come_may_go_unread():
    app = Application(lambda _: HttpResponse(403, [], b"no"), STREAM)
    async with serving(app) as server, client_of(server) as client:
        client.send(post(b"abc"))
        assert (await client.response())[0] == 403


async def test_a_client_that_goes_in_the_middle_of_a_stream_is_noticed():
    seen: list[BaseException] = []

    async def handle(request: HttpRequest) -> HttpResponse:
        try:
            return await read_all(request)
        except BaseException as error:
            seen.append(error)
            raise

    async with serving(Application(handle, STREAM)) as server:
        async with client_of(server) as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)
    assert isinstance(seen[0], ClientGone | asyncio.CancelledError)


async def test_a_broken_chunk_fails_the_stream_and_is_answered_400():
    data = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"
    status, headers, _ = await exchange(Application(read_all, STREAM), data)
    assert (status, headers["connection"]) == (400, "close")


async def test_a_chunked_stream_beyond_the_limit_fails_with_413():
    seen: list[BodyFailed] = []

    async def handle(request: HttpRequest) -> HttpResponse:
        try:
            return await read_all(request)
        except BodyFailed as failure:
            seen.append(failure)
            raise

    data = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"5\r\nabcde\r\n" * 5
    assert (await exchange(Application(handle, STREAM), data, body_bytes_max=20))[0] == 413
    assert isinstance(seen[0], BodyTooLarge)


# -- Expect: 100-continue

EXPECT = b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"


async def test_a_client_that_asks_first_is_told_to_go_on():
    async with serving(Application(echo)) as server, client_of(server) as client:
        client.send(EXPECT)
        assert (await client.response())[0] == 100
        client.send(b"abc")
        assert (await client.response())[2] == b"abc"


async def test_a_client_that_asks_first_and_does_not_wait_is_served():
    async with serving(Application(echo)) as server, client_of(server) as client:
        client.send(EXPECT + b"abc")
        status, _, body = await client.response()
        if status == 100:
            status, _, body = await client.response()
        assert (status, body) == (200, b"abc")


async def test_a_refused_client_is_never_told_to_go_on():
    async def refuse(_: HttpRequest) -> HttpResponse:
        return HttpResponse(403, [], b"no")

    for app in (Application(echo, HttpResponse(403, [], b"no")), Application(refuse, STREAM)):
        async with serving(app) as server, client_of(server) as client:
            client.send(EXPECT)
            status, headers, _ = await client.response()
            assert (status, headers["connection"]) == (403, "close")


async def test_a_stream_goes_on_when_it_is_first_read():
    go = asyncio.Event()

    async def handle(request: HttpRequest) -> HttpResponse:
        await go.wait()
        return await read_all(request)

    async with serving(Application(handle, STREAM)) as server, client_of(server) as client:
        client.send(EXPECT)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.05)
        go.set()
        assert (await client.response())[0] == 100
        client.send(b"abc")
        assert (await client.response())[2] == b"3"


async def test_going_on_waits_for_the_answers_before_it():
    first: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
    app = Application(lambda request: first if request.method == "GET" else echo(request))
    async with serving(app) as server, client_of(server) as client:
        client.send(GET + EXPECT)
        await asyncio.sleep(0.02)
        first.set_result(HttpResponse(200, [], b"first"))
        assert (await client.response())[2] == b"first"
        assert (await client.response())[0] == 100
        client.send(b"abc")
        assert (await client.response())[2] == b"abc"


async def test_who_asks_first_with_nothing_to_send_is_answered_first():
    """Botocore sends empty objects so, and takes an answer that comes at once for that of every later request."""
    async with serving(Application(echo)) as server, client_of(server) as client:
        client.send(EXPECT.replace(b"Content-Length: 3", b"Content-Length: 0"))
        assert (await client.response())[0] == 100
        assert (await client.response())[0] == 200


async def test_another_expectation_is_ignored():
    data = b"GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n"
    assert (await exchange(Application(echo), data))[0] == 200


async def test_an_application_may_word_its_own_too_large():
    own = HttpResponse(413, [("X-Own", "1")], b"RequestTooLong")
    app = Application(echo, Admission(buffer_bytes_max=10, too_large=own))
    for data in (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n",
    ):
        status, headers, body = await exchange(app, data)
        assert (status, headers["x-own"], body) == (413, "1", b"RequestTooLong")
    assert (await exchange(app, post(b"0123456789")))[0] == 200
