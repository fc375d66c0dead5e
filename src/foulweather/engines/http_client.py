"""A small HTTP/1.1 client over sockets for what services POST to endpoints outside the world.

Unless told otherwise it reaches this machine only: what a developer tests must not leave it. `send` answers for the
world's own hosts within the world.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from foulweather.kernel import own_hosts
from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.own_hosts import ADMIN_PATHS, OwnHosts
from foulweather.world.world import World

ALLOWED = "FOULWEATHER_HTTP_ALLOW"
HEAD_BYTES_MAX = 64 << 10
BODY_BYTES_MAX = 1 << 20
CONTEXTS_MAX = 100


class PostFailed(Exception):
    """No answer came."""


class NotReachable(PostFailed):
    """The host is not one that this client may reach; the message is its name."""


class Unreachable(PostFailed):
    """No connection, or one that broke, or an answer that is not HTTP."""


class NotTrusted(PostFailed):
    """The server's certificate is not valid for the host, or not from a trusted authority."""


class TimedOut(PostFailed):
    """The answer did not come in time."""


class Looped(TimedOut):
    """The request came back to where it was sent from, again and again; the message says how often."""


class Response(NamedTuple):
    """An answer; a redirect is an answer like any other."""

    status: int
    headers: dict[str, str]
    body: bytes
    fields: tuple[tuple[str, str], ...] = ()
    """The headers as they came: in order, in their case, with repetitions."""


class ClientCertificate(NamedTuple):
    """What a client shows a server that asks who it is: PEM texts."""

    certificate: str
    key: str


class HttpClient:
    """Sends requests to hosts that are this machine's or match an allowed pattern (`*.example.com`, `*`).

    `trust` replaces the machine's certificate authorities.
    """

    def __init__(self, allowed: Sequence[str] | None = None, trust: ssl.SSLContext | None = None) -> None:
        if allowed is None:
            allowed = [host.strip() for host in os.environ.get(ALLOWED, "").split(",") if host.strip()]
        self.allowed = tuple(host.lower() for host in allowed)
        self._trust = trust
        self._contexts: dict[tuple[bool, ClientCertificate | None], ssl.SSLContext] = {}

    @classmethod
    def of(cls, world: World) -> HttpClient:
        """The client of a world."""
        found = world.attached.get(cls)
        if not isinstance(found, cls):
            found = world.attached[cls] = cls()
        return found

    async def post(
        self, url: str, headers: Sequence[tuple[str, str]], body: bytes, *, timeout_s: float = 15
    ) -> Response:
        """POST on a connection of its own and read the whole answer."""
        return await self.send("POST", url, headers, body, timeout_s=timeout_s)

    async def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        *,
        timeout_s: float = 15,
        body_bytes_max: int = BODY_BYTES_MAX,
        trusts_all: bool = False,
        shows: ClientCertificate | None = None,
    ) -> Response:
        """Send one request on a connection of its own and read the whole answer; `shows` is who it is to the server.

        `trusts_all`: whoever signed the server's certificate, if it is the host's and of this time.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        # Whoever can make an integration, or a function that can, is not by that one who may administer the server.
        if not self.may_reach(host) or parts.path.startswith(ADMIN_PATHS):
            raise NotReachable(host)
        try:
            async with asyncio.timeout(timeout_s):
                context = self._context(trusts_all, shows) if parts.scheme == "https" else None
                return await self._sent(method, parts, host, headers, body, body_bytes_max, context)
        except TimeoutError:
            raise TimedOut(f"no answer within {timeout_s} s") from None
        except ssl.SSLError as error:
            raise NotTrusted(error.reason or str(error)) from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    def may_reach(self, host: str) -> bool:
        """Whether a host is this machine, or allowed by the user."""
        host = host.lower()
        return is_this_machine(host) or any(fnmatchcase(host, pattern) for pattern in self.allowed)

    async def _sent(
        self,
        method: str,
        parts: SplitResult,
        host: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        body_bytes_max: int,
        context: ssl.SSLContext | None,
    ) -> Response:
        secure = context is not None
        port = parts.port or (443 if secure else 80)
        # A name of this machine is not looked up: nobody can point it elsewhere.
        address = "127.0.0.1" if _is_local_name(host.lower()) else host
        reader, writer = await asyncio.open_connection(
            address, port, ssl=context, server_hostname=host if secure else None, limit=HEAD_BYTES_MAX
        )
        try:
            if context is not None and context.verify_mode == ssl.CERT_NONE:
                _check_shown(writer, host)
            writer.write(_request(method, parts, host, headers, len(body)) + body)
            await writer.drain()
            return await _answer(reader, body_bytes_max, has_body=method != "HEAD")
        finally:
            writer.close()

    def _context(self, trusts_all: bool, shows: ClientCertificate | None) -> ssl.SSLContext:
        if self._trust is not None and not trusts_all and shows is None:
            return self._trust
        found = self._contexts.get((trusts_all, shows))
        if found is None:
            # With a trust of its own its authorities are kept, and the certificate goes on top of them.
            found = ssl.create_default_context()
            if self._trust is not None:
                for authority in self._trust.get_ca_certs(binary_form=True):
                    found.load_verify_locations(cadata=authority)
            if trusts_all:
                found.check_hostname = False
                found.verify_mode = ssl.CERT_NONE
            if shows is not None:
                _show(found, shows)
            if len(self._contexts) >= CONTEXTS_MAX:
                self._contexts.clear()
            self._contexts[trusts_all, shows] = found
        return found


async def send(
    call: Call,
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    *,
    timeout_s: float = 15,
    body_bytes_max: int = BODY_BYTES_MAX,
    trusts_all: bool = False,
    shows: ClientCertificate | None = None,
) -> Response:
    """Send one request on a call's behalf: to one of the world's own hosts in process, to any other over a socket.

    In process it takes the world's time, which whoever waits for it limits.
    """
    parts = urlsplit(url)
    ask = OwnHosts.of(call.world).ask
    if ask is not None and parts.port in (None, 443 if parts.scheme == "https" else 80):
        try:
            asked = ask(call, _own_request(method, parts, headers, body))
            if asked is not None:
                return await _own_response(await asked, body_bytes_max, has_body=method != "HEAD")
        except own_hosts.Looped as error:
            raise Looped(str(error)) from None
        except own_hosts.Refused as error:
            raise Unreachable(str(error)) from None
    client = HttpClient.of(call.world)
    return await client.send(
        method,
        url,
        headers,
        body,
        timeout_s=timeout_s,
        body_bytes_max=body_bytes_max,
        trusts_all=trusts_all,
        shows=shows,
    )


def unanswering(parts: SplitResult, error: Exception) -> str:
    """A backend that did not answer in time, as reasons name it."""
    loop = f", which leads back here in a loop ({error})," if isinstance(error, Looped) else ""
    return f"The backend {parts.netloc}{loop}"


def _own_request(method: str, parts: SplitResult, headers: Sequence[tuple[str, str]], body: bytes) -> HttpRequest:
    fields = [("Host", parts.hostname or ""), *headers]
    if parts.username is not None:
        fields.append(("Authorization", _basic(parts)))
    if body or method not in ("GET", "HEAD"):
        fields.append(("Content-Length", str(len(body))))
    if any("\r" in part or "\n" in part for pair in fields for part in pair):
        raise Unreachable("a line break in a header")
    return HttpRequest(method, parts.path or "/", parts.query, fields, body, tls=parts.scheme == "https")


async def _own_response(answer: HttpResponse, bytes_max: int, *, has_body: bool) -> Response:
    body = answer.body
    if answer.stream is not None:
        pieces: list[bytes] = []
        async for piece in answer.stream:
            if sum(map(len, pieces)) < bytes_max:
                pieces.append(piece)
        body = b"".join(pieces)
    if not has_body or answer.status in (204, 304):
        body = b""
    headers = {name.lower(): value for name, value in answer.headers}
    return Response(answer.status, headers, body[:bytes_max], tuple(answer.headers))


def _basic(parts: SplitResult) -> str:
    credentials = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(credentials.encode()).decode()}"


def _check_shown(writer: asyncio.StreamWriter, host: str) -> None:
    """Refuse a certificate that is out of date or another host's; whoever signed it, it must be that much."""
    from cryptography import x509

    held: ssl.SSLObject = writer.get_extra_info("ssl_object")
    shown = x509.load_der_x509_certificate(held.getpeercert(binary_form=True) or b"")
    now = datetime.now(UTC)
    if not shown.not_valid_before_utc <= now <= shown.not_valid_after_utc:
        raise NotTrusted(f"the certificate was valid until {shown.not_valid_after_utc:%Y-%m-%d}")
    try:
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise NotTrusted("the certificate names no host") from None
    addresses = [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    patterns = [each.lower() for each in names.get_values_for_type(x509.DNSName)]
    wild = f"*.{host.lower().partition('.')[2]}"
    if host.lower() not in patterns and wild not in patterns and host not in addresses:
        raise NotTrusted(f"the certificate is for {', '.join([*patterns, *addresses])}, not for {host}")


def _show(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """Have a context show a certificate; the library reads it from a file alone, which is there for that moment."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(f"{certificate.key}\n{certificate.certificate}\n")
        file.flush()
        context.load_cert_chain(file.name)


def is_this_machine(host: str) -> bool:
    """Whether a host is a loopback address or a name that stands for one."""
    if _is_local_name(host):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _request(method: str, parts: SplitResult, host: str, headers: Sequence[tuple[str, str]], size: int) -> bytes:
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    named = f"[{host}]" if ":" in host else host
    lines = [f"{method} {path} HTTP/1.1", f"Host: {named}:{parts.port}" if parts.port else f"Host: {named}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if parts.username is not None:
        lines.append(f"Authorization: {_basic(parts)}")
    if size or method not in ("GET", "HEAD"):
        lines.append(f"Content-Length: {size}")
    lines += ["Connection: close", "", ""]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line break in a header")
    return "\r\n".join(lines).encode()


async def _answer(reader: asyncio.StreamReader, body_bytes_max: int, *, has_body: bool) -> Response:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        version, _, rest = head[0].partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
            raise ValueError("the answer is not HTTP/1.1")
        status = int(rest[:3])
        if status >= 200 or status == 101:
            break
    headers: dict[str, str] = {}
    fields: list[tuple[str, str]] = []
    for line in head[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
            fields.append((name.strip(), value.strip()))
    body = await _body(reader, status, headers, body_bytes_max) if has_body else b""
    return Response(status, headers, body, tuple(fields))


async def _body(reader: asyncio.StreamReader, status: int, headers: dict[str, str], bytes_max: int) -> bytes:
    if status in (204, 304):
        return b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = bytearray()
        while len(body) < bytes_max:
            size = int((await reader.readline()).split(b";")[0], 16)
            if size == 0:
                break
            body += await reader.readexactly(min(size, bytes_max))
            await reader.readline()
        return bytes(body)
    length = headers.get("content-length")
    if length is None:
        body = bytearray()
        while len(body) < bytes_max and (piece := await reader.read(bytes_max - len(body))):
            body += piece
        return bytes(body)
    return await reader.readexactly(min(int(length), bytes_max))
