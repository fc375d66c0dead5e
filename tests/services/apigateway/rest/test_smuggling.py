"""Over real sockets: one request in is at most one request at the integration, whole and with nothing before it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from loopback import serving
from services.apigateway.rest.served import Web, method

AT = "/_aws/execute-api/api1/prod"
SMUGGLED = f"GET {AT}/smuggled HTTP/1.1\r\nHost: x\r\n\r\n".encode()
QUIET_S = 0.02
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
FRAMING = [
    "Content-Length: {body}",
    "Content-Length: 0",
    "Content-Length: 5",
    "Content-Length: +{body}",
    "Content-Length: {body}, {body}",
    "Content-Length : {body}",
    "content-length:\t{body}",
    "Content-Length: 0x10",
    "Content-Length: -1",
    "Content-Length: {body}\x0b",
    "Content_Length: 0",
    "X: y\r\n Content-Length: 0",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding: \tchunked ",
    "Transfer-Encoding:\x0bchunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: identity",
    'Transfer-Encoding: "chunked"',
    "Transfer-Encoding: CHUNKED",
    "Transfer-Encoding",
    "X: y\nTransfer-Encoding: chunked",
    "X: y\rTransfer-Encoding: chunked",
    "Transfer_Encoding: chunked",
    "TE: trailers, chunked",
    "Trailer: Content-Length",
    "Connection: Transfer-Encoding",
    "Connection: keep-alive, Content-Length",
    "Connection: Upgrade\r\nUpgrade: h2c",
    "Expect: 100-continue",
    "X-HTTP-Method-Override: GET",
]
BODIES = [
    SMUGGLED,
    CHUNKED,
    b"0\r\n\r\n" + SMUGGLED,
    b"0\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    b"5;a=\nb\r\nabcde\r\n0\r\n\r\n" + SMUGGLED,
    b"0005\r\nabcde\r\n0\r\n\r\n",
    b"\r\n" + SMUGGLED,
    b"",
]
TARGETS = [
    "/a",
    "/a?b=%0d%0aX:%20y",
    "/a%0d%0a%0d%0aGET%20/smuggled",
    "/a%20HTTP/1.1%0d%0aX:%20y",
    "/%00",
    "/%c0%ae%c0%ae/a",  # overlong
    "/%e0%80%af",
    "/%ed%a0%80",  # half a surrogate pair
    "/%f8%88%80%80%80",
    "/%",
    "/%zz",
    "/%2",
    "/%u0041",
    "/a?%=%&=%zz&%ff=%c0%80",
    "/\xff",
]
PAIRS = st.tuples(
    st.sampled_from(["POST", "GET", "PUT", "DELETE", "OPTIONS", "HEAD"]),
    st.sampled_from(TARGETS),
    st.lists(st.sampled_from(FRAMING), max_size=3),
    st.sampled_from(BODIES),
)


class Raw:
    """A backend that keeps what was sent to it, byte for byte, by connection."""

    def __init__(self) -> None:
        self.sent: list[bytearray] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            got = bytearray(await reader.readuntil(b"\r\n\r\n"))
            self.sent.append(got)
            length = re.search(rb"\r\n[Cc]ontent-[Ll]ength: *(\d+)", got)
            got += await reader.readexactly(int(length[1]) if length else 0)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
            got += await reader.read()  # whatever came after the request
        writer.close()


class Front:
    """A server whose API passes everything on to a raw backend, but what is kept: `GET /smuggled`."""

    def __init__(self) -> None:
        self.stack = contextlib.AsyncExitStack()
        self.backend = Raw()

    async def open(self) -> Front:
        self.web = Web()
        listening = await asyncio.start_server(self.backend.answer, "127.0.0.1", 0)
        self.backend.port = listening.sockets[0].getsockname()[1]
        uri = f"http://127.0.0.1:{self.backend.port}/base/{{proxy}}"
        mapped = {"integration.request.path.proxy": "method.request.path.proxy"}
        proxy = {"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": uri, "requestParameters": mapped}
        self.web.api({"/{proxy+}": {"ANY": method(proxy)}})
        self.server = await self.stack.enter_async_context(serving(self.web.cloud))
        self.stack.callback(listening.close)
        assert (await self.send(request("GET", "/warm", [], b""))).startswith(b"HTTP/1.1 200")
        return self

    async def close(self) -> None:
        await self.stack.aclose()
        self.web.cloud.close()

    async def send(self, data: bytes, answer_s: float = 5.0) -> bytes:
        """Send bytes on a connection of their own, and read what comes: an answer, and whatever follows it soon."""
        self.backend.sent.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(data)
        got = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            while piece := await asyncio.wait_for(reader.read(1 << 16), QUIET_S if got else answer_s):
                got += piece
        writer.close()
        return got


def whole(sent: bytes) -> tuple[str, bytes]:
    """The request line and the body of what a backend got, which must be exactly one request."""
    head, _, body = sent.partition(b"\r\n\r\n")
    first, *lines = head.decode("utf-8").split("\r\n")
    names = [line.partition(":")[0].lower() for line in lines]
    assert first.count(" ") == 2, first
    assert "transfer-encoding" not in names, lines
    lengths = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-length:")]
    assert lengths in ([], [str(len(body))]), (lines, body)
    return first, body


def request(verb: str, target: str, framing: list[str], body: bytes) -> bytes:
    lines = [line.replace("{body}", str(len(body))) for line in framing]
    head = "\r\n".join([f"{verb} {AT}{target} HTTP/1.1", "Host: x", *lines, "", ""])
    return head.encode("latin-1") + body


def rest_of(framing: list[str], body: bytes) -> bytes | None:
    """What follows the first request as RFC 9112 reads it; None where it is to be refused."""
    lines = [line.replace("{body}", str(len(body))) for line in framing]
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip() or re.search(r"[\r\n](?! ?Upgrade)|\x0b", line.replace("\r\nUpg", "Upg")):
            return None
        if name.lower() == "content-length" and not re.fullmatch(r"\d+", value.strip()):
            return None
        if name.lower() == "transfer-encoding" and value.strip().lower() != "chunked":
            return None
    framed = [line.partition(":") for line in lines if line.lower().startswith(("content-length", "transfer-encoding"))]
    if len(framed) > 1 and len({(name.lower(), value.strip()) for name, _, value in framed}) > 1:
        return None
    if not framed:
        return body
    if framed[0][0].lower() == "content-length":
        return body[int(framed[0][2]) :]
    at = re.match(rb"(?:[1-9a-f][0-9a-f]*\r\n(?s:.*?)\r\n)*?0+\r\n(?:[^\r\n]+\r\n)*\r\n", body)
    return body[at.end() :] if at else None


def check(sent: list[bytearray], framing: list[str], body: bytes, what: object) -> None:
    told = [whole(bytes(each)) for each in sent]
    assert len(told) <= 2, what
    rest = rest_of(framing, body)
    if rest is None or not rest.lstrip(b"\r\n").startswith(SMUGGLED):
        assert not any(first.startswith("GET /base/smuggled ") for first, _ in told), (what, told)
        assert len(told) <= 1, (what, told)


async def test_a_request_whose_length_is_told_in_two_ways_is_refused_and_nothing_after_it_is_read() -> None:
    front = await Front().open()
    lengths = [line for line in FRAMING if line.lower().startswith("content-length") and "_" not in line]
    codings = [line for line in FRAMING if line.lower().startswith("transfer-encoding")]
    try:
        for length in lengths:
            for coding in codings:
                for framing in ([length, coding], [coding, length]):
                    answer = await front.send(request("POST", "/a", framing, CHUNKED) + SMUGGLED)
                    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 501"), (framing, answer)
                    assert answer.count(b"HTTP/1.1 ") == 1, (framing, answer)
                    assert front.backend.sent == [], framing
        answer = await front.send(request("POST", "/a", ["Content-Length: {body}"], SMUGGLED))
        assert answer.startswith(b"HTTP/1.1 200"), "the backend is reached by what is not ambiguous"
        assert [whole(bytes(each)) for each in front.backend.sent] == [("POST /base/a HTTP/1.1", SMUGGLED)]
        chunked = await front.send(request("POST", "/a", ["Transfer-Encoding: chunked"], CHUNKED))
        assert chunked.startswith(b"HTTP/1.1 200")
        assert [whole(bytes(each)) for each in front.backend.sent] == [("POST /base/a HTTP/1.1", SMUGGLED)]
    finally:
        await front.close()


async def test_a_target_ends_no_request_line_however_it_is_encoded() -> None:
    front = await Front().open()
    try:
        for target in TARGETS:
            answer = await front.send(request("GET", target, [], b""))
            assert re.match(rb"HTTP/1.1 [24]\d\d ", answer), (target, answer)
            assert len(front.backend.sent) <= 1, target
            for each in front.backend.sent:
                first, body = whole(bytes(each))
                assert re.fullmatch(r"GET /base/[!-~]* HTTP/1\.1", first), (target, first)
                assert body == b"", target
    finally:
        await front.close()


async def test_headers_over_ten_kilobytes_are_a_431_and_reach_no_integration() -> None:
    front = await Front().open()
    many = [f"X-{number}: {'a' * 180}" for number in range(60)]
    try:
        for size, headers in ((10_300, ["X: {}"]), (60_000, ["X: {}"]), (2_000_000, ["X: {}"]), (0, many)):
            lines = [line.format("a" * size) if size else line for line in headers]
            answer = await front.send(request("GET", "/a", lines, b""))
            assert answer.startswith(b"HTTP/1.1 431 "), (size, answer[:200])
            assert front.backend.sent == [], size
        assert (await front.send(request("GET", "/a", [f"X: {'a' * 9_000}"], b""))).startswith(b"HTTP/1.1 200")
    finally:
        await front.close()


def smuggled_for(seconds: float, examples: int) -> int:
    """Try pairs of framings until the time is over, at least so many; the number tried."""
    tried, until, runs = 0, time.monotonic() + seconds, 0
    with asyncio.Runner() as runner:
        front = runner.run(Front().open())
        while not runs or time.monotonic() < until:
            runs += 1

            @seed(runs)
            @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(PAIRS)
            def try_one(pair: tuple[str, str, list[str], bytes]) -> None:
                nonlocal tried
                tried += 1
                verb, target, framing, body = pair
                answer = runner.run(front.send(request(verb, target, framing, body), 0.1))
                assert b"HTTP/1.1 500" not in answer, (pair, answer)
                check(front.backend.sent, framing, body, pair)

            try_one()
        runner.run(front.close())
    return tried


def test_no_pair_of_framings_smuggles_a_request() -> None:
    assert smuggled_for(0, 40) >= 20


@pytest.mark.slow
def test_no_pair_of_framings_smuggles_a_request_for_long() -> None:
    seconds = float(os.environ.get("FUZZ_SECONDS", "600")) / 2
    print(f"{smuggled_for(seconds, 400)} requests")
