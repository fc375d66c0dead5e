"""An `HttpResponse` as bytes."""

from __future__ import annotations

import http
from email.utils import formatdate

from foulweather.wire.http import HttpResponse

_STATUS_LINES = {int(status): f"HTTP/1.1 {int(status)} {status.phrase}\r\n" for status in http.HTTPStatus}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
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
        self._second = -1
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


def whole(
    response: HttpResponse, dates: DateLine, now_ms: int, *, is_head: bool, stays_open: bool, http10: bool
) -> tuple[bytes, bool]:
    """A response with a complete body as one piece of bytes, and whether the connection stays open."""
    if http10:
        return _whole_with_framing_headers(response, dates, now_ms, is_head, stays_open, http10)
    for name, _ in response.headers:
        if len(name) in _FRAMING_LENGTHS and name.lower() in _FRAMING_NAMES:
            return _whole_with_framing_headers(response, dates, now_ms, is_head, stays_open, http10)
    status = response.status
    body = response.body
    head = f"{status_line(status)}{checked_lines(response.headers)}{dates.at(now_ms)}"
    if not stays_open:
        head += "Connection: close\r\n"
    if status == 204 or status == 304 or status < 200:
        return (head + "\r\n").encode("latin-1"), stays_open
    head = f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1")
    return (head if is_head else head + body), stays_open


def _whole_with_framing_headers(
    response: HttpResponse, dates: DateLine, now_ms: int, is_head: bool, stays_open: bool, http10: bool
) -> tuple[bytes, bool]:
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
            continue
        given.add(lower)
        kept.append((name, value))
    status = response.status
    bodiless = status < 200 or status in (204, 304)
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
    elif length is not None and status >= 200 and status != 204 and not (status == 304 and length == 0):
        lines.append(f"Content-Length: {length}\r\n")
    lines.append("\r\n")
    head = "".join(lines).encode("latin-1")
    return Framing(head, not (bodiless or is_head), chunked, length, stays_open)
