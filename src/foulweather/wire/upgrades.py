"""Upgrades that a client offers and the server ignores, to go on in HTTP/1.1; and HTTP/2, where it begins at once."""

from __future__ import annotations

from typing import Final, Protocol

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113, 3.4
_PREFACE_READ: Final = "Pause on PRI/Upgrade"  # llhttp's HPE_PAUSED_H2_UPGRADE


class Events(Protocol):
    """What a parser reports."""

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        ...

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line."""
        ...

    def on_headers_complete(self) -> None:
        """The head is whole."""
        ...

    def on_body(self, chunk: bytes) -> None:
        """A piece of the body."""
        ...

    def on_message_complete(self) -> None:
        """The request is whole."""
        ...


class AfterMadeUpHead:
    """Hands a parser's events on, but for the head that was made up to have a body parsed."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._is_made_up = True
        self.on_body = events.on_body
        self.on_message_complete = events.on_message_complete

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        if not self._is_made_up:
            self._events.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line."""
        if not self._is_made_up:
            self._events.on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._is_made_up:
            self._is_made_up = False
        else:
            self._events.on_headers_complete()


def made_up_head(by_name: dict[str, str], keep: bool) -> bytes:
    """A head after which a fresh parser takes the body that a real head announced."""
    if "transfer-encoding" in by_name:
        length = "Transfer-Encoding: chunked"
    else:
        length = f"Content-Length: {by_name['content-length']}"
    close = "" if keep else "Connection: close\r\n"
    return f"POST / HTTP/1.1\r\n{close}{length}\r\n\r\n".encode("latin-1")


def has_body(by_name: dict[str, str]) -> bool:
    """Whether a head announces a body."""
    return by_name.get("content-length", "0") != "0" or "transfer-encoding" in by_name


def from_preface(error: Exception, data: bytes) -> bytes:
    """HTTP/2's preface and what follows it, if the parser stopped at its end in this packet; else nothing.

    The parser knows the preface, in however many packets it comes.
    """
    sizes = [size for size in range(1, len(PREFACE) + 1) if data[:size] == PREFACE[-size:]]
    return PREFACE + data[sizes[-1] :] if sizes and str(error) == _PREFACE_READ else b""
