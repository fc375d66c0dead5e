"""The heads of HTTP/2's messages, and those of HTTP/1.1 that they stand for. RFC 9113, 8."""

from __future__ import annotations

import http
import logging
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.app import Limits
from foulweather.wire.responses import DateLine, checked_lines, plain
from foulweather.wire.target import TargetRefused, read_target

log = logging.getLogger("foulweather.wire")

Fields = list[tuple[bytes, bytes]]

_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_VALUE: Final = re.compile(rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_TARGET: Final = re.compile(rb"[!-~\x80-\xff]+")
_PSEUDO: Final = frozenset({b":method", b":scheme", b":authority", b":path"})
# 8.2.2: what speaks of one HTTP/1.1 connection has no meaning here, and makes a request malformed.
_OF_A_CONNECTION: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
_METHODS: Final = frozenset(str(each) for each in http.HTTPMethod)


class Malformed(Exception):
    """A request that RFC 9113 calls malformed: its stream is reset."""


class HeadRefused(Exception):
    """A request that is answered with `response`, whatever its body may be."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


class AnswerHead(NamedTuple):
    """The head of an answer: the length of its body, where it is known, and whether it has one."""

    fields: Fields
    length: int | None
    body_allowed: bool


def read_head(fields: Iterable[tuple[bytes, bytes]], limits: Limits) -> HttpRequest:
    """A request's head as HTTP/1.1 has it: `host` first, for it is signed under that name."""
    pseudo: dict[bytes, bytes] = {}
    headers: list[tuple[str, str]] = []
    cookies: list[str] = []
    size = count = 0
    for name, value in fields:
        size += len(name) + len(value) + 4
        count += 1
        if name[:1] == b":":
            if name not in _PSEUDO or name in pseudo or headers or cookies:
                raise Malformed(f"{name!r} in this place")
            pseudo[name] = value
            continue
        _check_field(name, value)
        if name == b"cookie":
            cookies.append(value.decode("latin-1"))  # 8.2.3: to be put together again
        else:
            headers.append((name.decode("latin-1"), value.decode("latin-1")))
    if cookies:
        headers.append(("cookie", "; ".join(cookies)))
    method = pseudo.get(b":method", b"").decode("latin-1")
    if method == "CONNECT":
        raise HeadRefused(plain(501, "CONNECT is not served"))
    if size > limits.header_bytes_max + limits.target_bytes_max or count > limits.headers_max + len(_PSEUDO):
        raise HeadRefused(plain(431))
    path, query = _target(method, pseudo, headers, limits)
    _set_host(headers, pseudo.get(b":authority", b""))
    return HttpRequest(method, path, query, headers)


def read_trailers(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """What comes after a body."""
    trailers: list[tuple[str, str]] = []
    for name, value in fields:
        _check_field(name, value)
        trailers.append((name.decode("latin-1"), value.decode("latin-1")))
    return trailers


def _check_field(name: bytes, value: bytes) -> None:
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise Malformed(f"the header {name!r}")
    if name in _OF_A_CONNECTION or (name == b"te" and value != b"trailers"):
        raise Malformed(f"the header {name!r} is HTTP/1.1's")


def _target(method: str, pseudo: dict[bytes, bytes], headers: list[tuple[str, str]], limits: Limits) -> tuple[str, str]:
    raw = pseudo.get(b":path", b"")
    if not method or not pseudo.get(b":scheme") or not raw:
        raise Malformed("no method, scheme or path")
    if method not in _METHODS:
        raise HeadRefused(plain(400))
    if len(raw) > limits.target_bytes_max:
        raise HeadRefused(plain(414))
    if not _TARGET.fullmatch(raw) or not (raw[:1] == b"/" or (raw == b"*" and method == "OPTIONS")):
        raise Malformed("the path")
    try:
        return read_target(method, raw.decode("latin-1"), headers)
    except TargetRefused as refused:
        raise HeadRefused(plain(refused.status, refused.text)) from None


def _set_host(headers: list[tuple[str, str]], authority: bytes) -> None:
    """One `host`, out of `:authority` or for want of it out of the header; both must not differ (8.3.1)."""
    if not _VALUE.fullmatch(authority) or b"@" in authority:
        raise Malformed("the authority")
    named = {value for name, value in headers if name == "host"}
    if authority:
        named.add(authority.decode("latin-1"))
    if len(named) > 1:
        raise Malformed("Host is not the authority")
    host = named.pop() if named else ""
    if not host or "," in host:
        raise HeadRefused(plain(400, "exactly one Host header is required"))
    headers[:] = [("host", host), *[each for each in headers if each[0] != "host"]]


def answer_head(
    response: HttpResponse, dates: DateLine, now_ms: int, *, is_head: bool, body_length: int | None
) -> AnswerHead:
    """The head of any answer; `body_length` is None for a streamed body."""
    status = response.status
    if not 200 <= status <= 999:
        raise ValueError(f"{status} is no status to answer with")
    length, tells_length = body_length, False
    kept: list[tuple[str, str]] = []
    given: set[str] = set()
    for name, value in response.headers:
        lower = name.lower()
        if lower == "content-length":
            if not (value.isascii() and value.isdigit()):
                raise ValueError(f"Content-Length {value!r}")
            length, tells_length = int(value), True
        elif lower.encode("latin-1") not in _OF_A_CONNECTION:
            given.add(lower)
            kept.append((lower, value.strip(" \t")))
    checked_lines(kept)
    dates.at(now_ms)
    if "date" not in given:
        kept.append(("date", dates.plain.strip().partition(": ")[2]))
    if "server" not in given:
        kept.append(("server", "foulweather"))
    if length is not None and status != 204 and (status != 304 or tells_length):
        kept.append(("content-length", str(length)))
    allowed = not (is_head or status in (204, 304))
    if allowed and body_length is not None and length != body_length:
        raise ValueError(f"Content-Length {length} for a body of {body_length} bytes")
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept]
    return AnswerHead([(b":status", str(status).encode()), *fields], length, allowed)
