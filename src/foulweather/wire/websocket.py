"""A connection that has become a WebSocket: frames in, messages to the data plane, messages out."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from typing import TYPE_CHECKING

from foulweather.kernel import websockets
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.websockets import Listener, Upgraded
from foulweather.wire.responses import checked_lines

if TYPE_CHECKING:
    from wsproto.connection import Connection as Frames
    from wsproto.events import Event

    from foulweather.wire.server import Server

log = logging.getLogger("foulweather.wire")

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
NEVER = 1 << 60


def switching(request: HttpRequest, response: Upgraded, common: str) -> bytes:
    """The head that answers a handshake; `common` are the `Date` and `Server` lines."""
    key = request.header("sec-websocket-key").encode("latin-1")
    accept = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()
    head = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n{checked_lines(response.headers)}{common}\r\n"
    )
    return head.encode("latin-1")


class WebSocket(asyncio.Protocol):
    """Reads and writes the frames of one client; what it sends in the end goes to its listener."""

    def __init__(self, server: Server, transport: asyncio.Transport, upgraded: Upgraded) -> None:
        from wsproto.connection import Connection as Frames
        from wsproto.connection import ConnectionType

        self._server = server
        self._transport = transport
        self._frames: Frames = Frames(ConnectionType.SERVER)
        self._frame_bytes_max = upgraded.frame_bytes_max
        self._message_bytes_max = upgraded.message_bytes_max
        self._text: list[str] = []
        self._binary: list[bytes] = []
        self._message_bytes = 0
        self._frame_bytes = 0
        self._code, self._reason = websockets.LEFT_WITHOUT_A_WORD, ""
        self._is_closing = False
        self._deadline = NEVER
        self._listener: Listener | None = None
        self._listener = upgraded.begin(self)

    # -- the data plane's side

    def send(self, message: str | bytes) -> None:
        """Send one message."""
        from wsproto.events import BytesMessage, TextMessage

        if self._is_closing or self._transport.is_closing():
            return
        event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
        self._transport.write(self._frames.send(event))

    def close(self, code: int = websockets.NORMAL, reason: str = "") -> None:
        """Say goodbye; the connection ends when the client has answered, or has had its time to."""
        from wsproto.events import CloseConnection

        if self._is_closing or self._transport.is_closing():
            return
        self._is_closing = True
        self._code, self._reason = code, reason
        self._deadline = self._server.tick + self._server.linger_ticks
        self._transport.write(self._frames.send(CloseConnection(code, reason or None)))

    # -- the transport's side

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        from wsproto.utilities import RemoteProtocolError

        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                self._heard(event)
                if self._transport.is_closing():
                    return
        except RemoteProtocolError as error:
            self._break_off(int(getattr(error, "close_code", None) or websockets.PROTOCOL_ERROR))

    def eof_received(self) -> bool:
        """The client has closed its side."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: the data plane is told."""
        self._is_closing = True
        self._server.disconnected(self)
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.left(self._code, self._reason)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        self._deadline = self._server.tick + self._server.write_ticks

    def resume_writing(self) -> None:
        """The client has caught up."""
        if not self._is_closing:
            self._deadline = NEVER

    # -- frames

    def _heard(self, event: Event) -> None:
        from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

        if isinstance(event, TextMessage):
            self._text.append(event.data)
            self._piece(len(event.data.encode()), event.frame_finished, event.message_finished)
        elif isinstance(event, BytesMessage):
            self._binary.append(bytes(event.data))
            self._piece(len(event.data), event.frame_finished, event.message_finished)
        elif isinstance(event, Ping):
            self._transport.write(self._frames.send(event.response()))
            if self._listener is not None:
                self._listener.pinged()
        elif isinstance(event, CloseConnection):
            if not self._is_closing:  # RFC 6455, 5.5.1: a close is answered with the same code
                self._code, self._reason = event.code, event.reason or ""
                self._transport.write(self._frames.send(event.response()))
            self._is_closing = True
            self._transport.close()

    def _piece(self, size: int, ends_frame: bool, ends_message: bool) -> None:
        """A piece of a message has come: of a frame that is not whole yet, or of one of several frames."""
        self._frame_bytes += size
        self._message_bytes += size
        if self._frame_bytes > self._frame_bytes_max or self._message_bytes > self._message_bytes_max:
            self._break_off(websockets.TOO_BIG)
            return
        if ends_frame:
            self._frame_bytes = 0
        if ends_message:
            message = "".join(self._text) if self._text else b"".join(self._binary)
            self._text, self._binary, self._message_bytes = [], [], 0
            if self._listener is not None and not self._is_closing:
                self._listener.received(message)

    def _break_off(self, code: int) -> None:
        """End the connection over something the client may not send."""
        self.close(code)
        self._transport.close()

    # -- what the server asks of all its connections

    def sweep(self, tick: int) -> None:
        """Act on the deadline that has passed; how long a client may be idle is the data plane's to say."""
        if self._deadline <= tick:
            self._transport.abort()

    def retire(self) -> None:
        """The server stops: say so."""
        self.close(websockets.GOING_AWAY)

    def cut(self) -> None:
        """Close whatever is under way."""
        self._transport.abort()
