"""An `HttpResponse` as bytes."""

from __future__ import annotations

import http
from email.utils import formatdate

from foulweather.kernel.http import HttpResponse

_STATUS_LINES = {int(status): f"HTTP/1.1 {int(status)} {status.phrase}\r\n" for status in http.HTTPStatus}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
FULL_HOUSE = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

# The lengths of the names below: a header of another length needs no closer look.
_FRAMING_LENGTHS = frozenset({4, 6, 10, 14, 17})
_FRAMING_NAMES = frozenset({"date", "server", "connection", "content-length", "transfer-encoding"})


class Framing:
    """What a response's head decided about the bytes after it."""

    __slots__ = ("body_allowed", "chunked", "head", "length", "stays_open")

    def __init__(self, head: bytes, body_allowed: bool, chunked: bool, length: int | None, stays_open: bool) -> None:
        self.head = head
        self.body_allowed = body_allowed
        self.chunked = chunked
        self.length = length
        self.stays_open = stays_open


class DateLine:
    """The `Date` and `Server` lines, made once a second."""

    __slots__ = ("_second", "plain", "with_server")

    def __init__(self) -> None:
        self._second: int = -1
        self.plain = ""
        self.with_server = ""

    def at(self, now_ms: int) -> str:
        """Both lines for this moment."""
        second = now_ms // 1000
        if second != self._second:
            self._second = second
            self.plain = f"Date: {formatdate(second, usegmt=True)}\r\n"
            self.with_server = self.plain + "Server: foulweather\r\n"
        return self.with_server


def plain(status: int, text: str = "") -> HttpResponse:
    """A short answer of the front end's own."""
    if not text:
        text = http.HTTPStatus(status).phrase
    return HttpResponse(status, [("Content-Type", "text/plain; charset=utf-8")], f"{text}\n".encode())


def status_line(status: int) -> str:
    """The first line of a response; a status without a registered phrase has an empty one."""
    line = _STATUS_LINES.get(status)
    return line if line is not None else f"HTTP/1.1 {status} \r\n"


def checked_lines(headers: list[tuple[str, str]]) -> str:
    """Header lines as given; refuses what would let a value smuggle in a line of its own."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    count = len(headers)
    if lines.count("\n") != count or lines.count("\r") != count or "\0" in lines:
        raise ValueError("a response header holds a line break or NUL")
    return lines


def simple(response: HttpResponse, common: str) -> bytes | None:
    """The usual response, to HTTP/1.1, whole, on a connection that stays open; None for any other.

    `common` are the `Date` and `Server` lines.
    """
    status = response.status
    if not 200 <= status <= 999 or status == 204 or status == 304:
        return None
    headers = response.headers
    lines = ""
    for name, value in headers:
        if len(name) in _FRAMING_LENGTHS and name.lower() in _FRAMING_NAMES:
            return None
        lines += f"{name}: {value}\r\n"
    count = len(headers)
    if lines.count("\n") != count or lines.count("\r") != count or "\0" in lines:
        return None
    body = response.body
    first = _STATUS_LINES.get(status) or status_line(status)
    return f"{first}{lines}{common}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def whole(
    response: HttpResponse, dates: DateLine, now_ms: int, *, is_head: bool, stays_open: bool, http10: bool
) -> tuple[bytes, bool]:
    """Any response with a complete body as one piece of bytes, and whether the connection stays open."""
    framing = framed(
        response,
        dates,
        now_ms,
        is_head=is_head,
        stays_open=stays_open,
        body_length=len(response.body),
        http10=http10,
    )
    if not framing.body_allowed:
        return framing.head, framing.stays_open
    if framing.length != len(response.body):
        raise ValueError(f"Content-Length {framing.length} for a body of {len(response.body)} bytes")
    return framing.head + response.body, framing.stays_open


def framed(
    response: HttpResponse,
    dates: DateLine,
    now_ms: int,
    *,
    is_head: bool,
    stays_open: bool,
    body_length: int | None,
    http10: bool,
) -> Framing:
    """The head of any response; `body_length` is None for a streamed body.

    The application may say `Content-Length` (of a stream, or for HEAD), `Date`, `Server` and
    `Connection: close` itself; transfer coding is the front end's business.
    """
    length = body_length
    tells_length = False
    given: set[str] = set()
    kept: list[tuple[str, str]] = []
    for name, value in response.headers:
        lower = name.lower()
        if lower == "transfer-encoding":
            continue
        if lower == "connection":
            stays_open = stays_open and "close" not in value.lower()
            continue
        if lower == "content-length":
            if not (value.isascii() and value.isdigit()):
                raise ValueError(f"Content-Length {value!r}")
            length = int(value)
            tells_length = True
            continue
        given.add(lower)
        kept.append((name, value))
    status = response.status
    if not 200 <= status <= 999:
        raise ValueError(f"{status} is no status to answer with")
    bodiless = status in (204, 304)
    chunked = length is None and not bodiless and not http10
    if length is None and http10 and not bodiless and not is_head:
        stays_open = False
    lines = [status_line(status), checked_lines(kept)]
    both = dates.at(now_ms)
    if "date" not in given:
        lines.append(both if "server" not in given else dates.plain)
    elif "server" not in given:
        lines.append("Server: foulweather\r\n")
    if not stays_open:
        lines.append("Connection: close\r\n")
    elif http10:
        lines.append("Connection: keep-alive\r\n")
    if chunked:
        lines.append("Transfer-Encoding: chunked\r\n")
    elif length is not None and status != 204 and (status != 304 or tells_length):
        lines.append(f"Content-Length: {length}\r\n")
    lines.append("\r\n")
    head = "".join(lines).encode("latin-1")
    return Framing(head, not (bodiless or is_head), chunked, length, stays_open)
