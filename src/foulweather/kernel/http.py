"""An HTTP request and response as the front end hands them on: nothing decoded, nothing reordered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple


class Handshake(NamedTuple):
    """What a TLS handshake settled: the name asked for, version and cipher, and what the client showed of itself.

    `chain` is the client's certificates in DER, its own first. The client has the first one's key; whether anybody
    trusts them is for whoever asked for them to say.
    """

    server_name: str
    version: str = ""
    cipher: str = ""
    chain: tuple[bytes, ...] = ()


class HttpRequest:
    """One request off the wire (or from an in-process client).

    `path` and `query` are raw (percent-encoded, latin-1, `query` without its `?`); `headers` keep
    order, case and repetitions. `body` is the whole body when `stream` is None. `handshake` is there of what came
    by TLS that a listener of ours spoke.
    """

    __slots__ = (
        "_caller",
        "_lower",
        "body",
        "handshake",
        "headers",
        "method",
        "path",
        "peer",
        "prove",
        "query",
        "stream",
        "tls",
        "trailers",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query: str,
        headers: list[tuple[str, str]],
        body: bytes = b"",
        *,
        stream: AsyncIterator[bytes] | None = None,
        peer: str = "127.0.0.1",
        tls: bool = False,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.stream = stream
        self.peer = peer
        self.tls = tls
        self.handshake: Handshake | None = None
        self.trailers: list[tuple[str, str]] = []
        self._caller: object | None = None
        self.prove: Callable[[], object | None] | None = None
        self._lower: dict[str, str] | None = None

    @property
    def caller(self) -> object | None:
        """Who signed a visit to a data plane that asks who comes (`Service.asks_visitors`), once that is proved.

        It is proved when somebody asks: not every `Authorization` is a signature. Raises AwsError where one is wrong.
        """
        if self.prove is not None:
            self._caller = self.prove()
            self.prove = None
        return self._caller

    @caller.setter
    def caller(self, caller: object | None) -> None:
        self._caller, self.prove = caller, None

    def header(self, name: str, default: str = "") -> str:
        """The value of header `name` (given in lower case); of repeated ones, joined by commas."""
        lower = self._lower
        return (self.by_name() if lower is None else lower).get(name, default)

    def by_name(self) -> dict[str, str]:
        """All headers by lower-case name, repeated ones joined by commas; made once, not to be changed."""
        lower = self._lower
        if lower is None:
            lower = self._lower = {name.lower(): value for name, value in self.headers}
            if len(lower) != len(self.headers):
                lower.clear()
                for name, value in self.headers:
                    key = name.lower()
                    lower[key] = value if key not in lower else f"{lower[key]},{value}"
        return lower


class HttpResponse:
    """One response to the wire: status, headers in order, and a whole or a streamed body."""

    __slots__ = ("body", "headers", "status", "stream")

    def __init__(
        self,
        status: int,
        headers: list[tuple[str, str]],
        body: bytes = b"",
        *,
        stream: AsyncIterator[bytes] | None = None,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.stream = stream
