"""WebSockets between a service's data plane and the front end: who speaks, who listens, and the answer that begins it.

https://www.rfc-editor.org/rfc/rfc6455
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Protocol

from foulweather.kernel.http import HttpRequest, HttpResponse

NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED, POLICY, TOO_BIG = 1000, 1001, 1002, 1003, 1008, 1009
LEFT_WITHOUT_A_WORD = 1006  # never sent: the connection broke without a close frame


class Socket(Protocol):
    """A client's connection, as the data plane speaks to it."""

    def send(self, message: str | bytes) -> None:
        """Send one message, text or binary; to a client that has gone, nothing."""
        ...

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """End the connection; `reason` is at most 123 bytes of UTF-8."""
        ...


class Listener(Protocol):
    """What the data plane does with what a client sends."""

    def received(self, message: str | bytes) -> None:
        """One whole message has come."""
        ...

    def pinged(self) -> None:
        """The client has shown that it is there (it has been answered already)."""
        ...

    def left(self, code: int, reason: str) -> None:
        """The connection is gone, by whomsoever: its close code, or 1006 where none was said. Called once."""
        ...


class Upgraded(HttpResponse):
    """The answer to a handshake that ends HTTP on its connection: `begin` is told with whom it now speaks.

    `headers` are added to the 101. A frame or a message of more bytes than its limit ends the connection (1009).
    """

    __slots__ = ("begin", "frame_bytes_max", "message_bytes_max")

    def __init__(
        self,
        begin: Callable[[Socket], Listener],
        headers: list[tuple[str, str]],
        *,
        frame_bytes_max: int,
        message_bytes_max: int,
    ) -> None:
        super().__init__(101, headers)
        self.begin = begin
        self.frame_bytes_max = frame_bytes_max
        self.message_bytes_max = message_bytes_max


def is_handshake(request: HttpRequest) -> bool:
    """Whether a request is the opening handshake of a WebSocket of the one version there is."""
    header = request.header
    if request.method != "GET" or header("upgrade").lower() != "websocket":
        return False
    if "upgrade" not in [each.strip() for each in header("connection").lower().split(",")]:
        return False
    try:
        nonce = base64.b64decode(header("sec-websocket-key"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(nonce) == 16 and header("sec-websocket-version") == "13"
