"""Going on in HTTP/1.1 after an upgrade that a client offered and the server ignores."""

from __future__ import annotations

from typing import Protocol


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
