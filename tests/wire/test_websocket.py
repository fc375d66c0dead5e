"""WebSockets over real loopback sockets, on both event loops."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from wsproto.connection import Connection as Frames
from wsproto.connection import ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.websockets import Socket, Upgraded, is_handshake
from loopback import GET, Application, Client, client_of, serving
from loopback import event_loop_policy as event_loop_policy

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy:DeprecationWarning")

# The key and its answer of RFC 6455, 1.3.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (
    "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
).encode()


class Chat:
    """Echoes what it hears, and remembers who left."""

    def __init__(self) -> None:
        self.sockets: list[Socket] = []
        self.heard: list[str | bytes] = []
        self.codes: list[int] = []
        self.reasons: list[str] = []
        self.pings = 0

    def begin(self, socket: Socket) -> Chat:
        self.sockets.append(socket)
        return self

    def received(self, message: str | bytes) -> None:
        self.heard.append(message)
        self.sockets[-1].send(message)

    def pinged(self) -> None:
        self.pings += 1

    def left(self, code: int, reason: str) -> None:
        self.reasons.append(reason)
        self.codes.append(code)

    def upgraded(self) -> Upgraded:
        return Upgraded(self.begin, [("X-Who", "chat")], frame_bytes_max=1000, message_bytes_max=1500)

    def app(self) -> Application:
        return Application(lambda request: self.upgraded() if is_handshake(request) else HttpResponse(426, []))

    async def until_left(self) -> None:
        async with asyncio.timeout(5):
            while not self.codes:
                await asyncio.sleep(0.005)


class Peer:
    """A client's half, frame by frame."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.frames = Frames(ConnectionType.CLIENT)

    def send(self, event: Event) -> None:
        self.client.send(self.frames.send(event))

    async def next(self) -> Any:
        while True:
            for event in self.frames.events():
                return event
            data = await asyncio.wait_for(self.client.reader.read(65536), 5)
            self.frames.receive_data(data or None)


async def test_a_handshake_is_answered_as_the_rfc_says_and_messages_go_both_ways():
    chat = Chat()
    async with serving(chat.app()) as server, client_of(server) as client:
        client.send(HANDSHAKE)
        status, headers, _ = await client.response()
        assert (status, headers["sec-websocket-accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        assert (headers["x-who"], headers["upgrade"]) == ("chat", "websocket")
        peer = Peer(client)
        peer.send(TextMessage("héllo"))
        assert (await peer.next()).data == "héllo"
        peer.send(BytesMessage(b"\x00\xff"))
        assert bytes((await peer.next()).data) == b"\x00\xff"
        assert chat.heard == ["héllo", b"\x00\xff"]
        peer.send(CloseConnection(4001, "bye"))
        assert (await peer.next()).code == 4001
        assert await client.closed()
    assert (chat.codes, chat.reasons) == ([4001], ["bye"])
    assert server.connection_count == 0


async def test_an_answer_that_takes_a_while_and_frames_sent_before_it():
    chat = Chat()
    let_in = asyncio.Event()

    async def slowly() -> HttpResponse:
        await let_in.wait()
        return chat.upgraded()

    async with serving(Application(lambda _: slowly())) as server, client_of(server) as client:
        peer = Peer(client)
        client.send(HANDSHAKE + peer.frames.send(TextMessage("one")))
        await asyncio.sleep(0.02)
        peer.send(TextMessage("two"))
        await asyncio.sleep(0.02)
        assert chat.heard == []
        let_in.set()
        assert (await client.response())[0] == 101
        assert [(await peer.next()).data, (await peer.next()).data] == ["one", "two"]


async def test_a_refused_handshake_is_an_ordinary_answer():
    async def refused() -> HttpResponse:
        return HttpResponse(403, [], b"no")

    async with serving(Application(lambda _: refused())) as server, client_of(server) as client:
        client.send(HANDSHAKE)
        assert (await client.response())[::2] == (403, b"no")
        assert await client.closed()


async def test_who_does_not_speak_websocket_may_ignore_the_offer_and_go_on():
    app = Application(lambda request: HttpResponse(200, [], request.path.encode()))
    async with serving(app) as server, client_of(server) as client:
        client.send(HANDSHAKE + GET)
        assert (await client.response())[2] == b"/chat"
        assert (await client.response())[2] == b"/"


@pytest.mark.parametrize("events", [[TextMessage("x" * 1001)], [TextMessage("x" * 900, message_finished=False)] * 2])
async def test_what_is_larger_than_a_frame_or_a_message_may_be_ends_it(events: list[Event]):
    chat = Chat()
    async with serving(chat.app()) as server, client_of(server) as client:
        client.send(HANDSHAKE)
        await client.response()
        peer = Peer(client)
        for event in events:
            peer.send(event)
        assert (await peer.next()).code == 1009
        await chat.until_left()
    assert (chat.codes, chat.heard) == ([1009], [])


async def test_a_message_in_pieces_is_heard_whole_and_a_ping_in_between_is_answered():
    chat = Chat()
    async with serving(chat.app()) as server, client_of(server) as client:
        client.send(HANDSHAKE)
        await client.response()
        peer = Peer(client)
        peer.send(TextMessage("a", message_finished=False))
        peer.send(Ping(b"?"))
        peer.send(TextMessage("b"))
        assert isinstance(await peer.next(), Pong)
        assert (await peer.next()).data == "ab"
    assert (chat.heard, chat.pings) == (["ab"], 1)


async def test_the_data_plane_may_end_it_and_a_client_that_says_nothing_more_is_cut():
    chat = Chat()
    async with serving(chat.app(), linger_s=0.3) as server, client_of(server) as client:
        client.send(HANDSHAKE)
        await client.response()
        chat.sockets[0].close(1001, "Going away")
        peer = Peer(client)
        closed = await peer.next()
        assert (closed.code, closed.reason) == (1001, "Going away")
        await chat.until_left()
        chat.sockets[0].send("to nobody")
    assert chat.codes == [1001]


async def test_a_client_that_vanishes_has_left_without_a_word():
    chat = Chat()
    async with serving(chat.app()) as server, client_of(server) as client:
        client.send(HANDSHAKE)
        await client.response()
        client.writer.transport.abort()
        await chat.until_left()
    assert chat.codes == [1006]


async def test_an_idle_websocket_outlives_what_an_idle_http_connection_is_granted():
    chat = Chat()
    async with serving(chat.app(), idle_timeout_s=0.3, header_timeout_s=0.3) as server, client_of(server) as client:
        client.send(HANDSHAKE)
        await client.response()
        await asyncio.sleep(1.2)
        peer = Peer(client)
        peer.send(TextMessage("still here"))
        assert (await peer.next()).data == "still here"


@pytest.mark.parametrize("seed", range(20))
async def test_garbage_in_place_of_frames_ends_it_cleanly(seed: int):
    chat = Chat()
    async with serving(chat.app(), linger_s=0.3) as server, client_of(server) as client:
        client.send(HANDSHAKE)
        await client.response()
        client.send(random.Random(seed).randbytes(40) + b"\x00" * 400)
        await chat.until_left()
    assert chat.heard == []


@pytest.mark.parametrize(
    "line",
    [
        "Sec-WebSocket-Version: 8",
        "Sec-WebSocket-Key: c2hvcnQ=",
        "Sec-WebSocket-Key: !!",
        "Connection: close",
        "Upgrade: h2c",
    ],
)
def test_what_is_no_handshake(line: str):
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    assert is_handshake(HttpRequest("GET", "/", "", list(headers.items())))
    name, _, value = line.partition(": ")
    headers[name] = value
    assert not is_handshake(HttpRequest("GET", "/", "", list(headers.items())))
