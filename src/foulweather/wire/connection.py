"""One client's connection: bytes in, requests to the application, responses out, in order."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

import httptools

from foulweather.kernel.http import Handshake, HttpRequest, HttpResponse
from foulweather.wire.answering import FULL_WINDOW, HANDSHAKE, NEVER, Answering, Turn
from foulweather.wire.app import Admission
from foulweather.wire.body import BodyMalformed, BodyStream, BodyTooLarge, BodyTooSlow, ClientGone
from foulweather.wire.responses import CONTINUE, FULL_HOUSE, plain
from foulweather.wire.target import TargetRefused, read_target
from foulweather.wire.upgrades import AfterMadeUpHead, from_preface, has_body, made_up_head

if TYPE_CHECKING:
    from foulweather.wire.greeting import Greeting
    from foulweather.wire.server import Server

log = logging.getLogger("foulweather.wire")


class _Refused(Exception):
    """Stops the parser: the input is answered with `response` and then the connection closes."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


class Connection(Answering):
    """Parses requests, enters them to be answered, and guards against ill-behaved clients."""

    def __init__(self, server: Server, *, tls: bool = False, greeting: Greeting | None = None) -> None:
        super().__init__(server)
        self._tls = tls
        self._greeting = greeting
        self._handshake: Handshake | None = None
        self._peer = ""
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._in_head = False
        self._head_bytes = self._packet_bytes = 0
        self._keep = True
        self._http10 = False
        self._body: bytes | list[bytes] = b""
        self._body_size = -1  # until a head has been read
        self._body_max = 0
        self._body_checked = 0
        self._too_large: HttpResponse | None = None
        self._lingered = 0
        self._upgrading = self._handshaking = False

    # -- the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast(asyncio.Transport, transport)
        peer = cast("tuple[str, int] | None", transport.get_extra_info("peername"))
        self._peer = peer[0] if peer else "127.0.0.1"
        if self._greeting is not None:
            self._handshake = self._greeting.settled(transport.get_extra_info("ssl_object"))
            self._greeting = None
        self._deadline = self._server.tick + self._server.header_ticks
        if not self._server.connected(self):
            self._deaf = True
            self._transport.write(FULL_HOUSE)
            self._transport.close()
        elif self._tls and transport.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            self._speak_http2(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: whatever worked for it is told."""
        self._deaf = True
        self._server.disconnected(self)
        self._turns.clear()
        self._fail_stream(ClientGone("the client closed the connection"))
        self._undrain()
        deferred, self._deferred = self._deferred, None
        if deferred is not None:
            deferred.abandon()
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self._deaf:
            if self._paused & HANDSHAKE:
                self._early += data
            self._lingered += len(data)
            if self._lingered > self._limits.linger_bytes_max:
                self._transport.abort()
            return
        was_in_head = self._in_head
        self._packet_bytes = len(data)
        while data:
            try:
                self._parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as upgrade:
                data = data[int(upgrade.args[0]) :]
                if self._socket is not None:
                    self._socket.data_received(data)
                    return
                self._ignore_upgrade()
                if self._handshaking and self._turn is not None:
                    # A refused handshake ends the connection; what was sent before its answer waits for the WebSocket.
                    self._early, self._deaf = data, True
                    self._pause(HANDSHAKE)
                if self._deaf:
                    return
            except httptools.HttpParserError as error:
                preface = from_preface(error, data) if self._body_size < 0 and self._url == b"*" else b""
                if preface:
                    self._speak_http2(preface)
                else:
                    self._stop_listening(error)
                return
        if self._in_head:
            self._wait_for_head(was_in_head)

    def eof_received(self) -> bool:
        """The client has closed its side: one that waits for a prompt answer still gets it."""
        self._fail_stream(ClientGone("the client closed the connection"))
        prompt = self._deferred is not None and self._deferred.gone is None
        if self._deaf or not prompt or self._tls:
            return False
        self._deaf = True
        last = self._turns[-1] if self._turns else self._turn
        cast(Turn, last).keep = False
        return True

    # -- the parser's side

    def on_url(self, url: bytes) -> None:
        """A piece of the request target, usually all of it."""
        if self._in_head:
            url = self._url + url
        else:
            self._in_head = True
            self._headers = []
        self._url = url
        if len(url) > self._limits.target_bytes_max:
            raise _Refused(plain(414))

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line, or after the body one trailer line."""
        self._headers.append((name.decode("latin-1"), value.rstrip(b" \t").decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The head is whole: check it, and decide what becomes of the body."""
        self._in_head = False
        if self._deaf:
            raise _Refused(plain(400))
        headers = self._headers
        parser = self._parser
        method = parser.get_method().decode()
        target = self._url.decode("latin-1")
        if target[0] == "/" and "#" not in target:
            path, _, query = target.partition("?")
        else:
            path, query = self._unusual_target(method, target, headers)
        request = HttpRequest(method, path, query, headers, peer=self._peer, tls=self._tls)
        request.handshake = self._handshake
        by_name = request.by_name()
        keep = self._keep = parser.should_keep_alive()
        self._http10 = False
        if not keep or "connection" in by_name or "," in by_name.get("host", ","):
            self._check_version(by_name)
        if self._head_bytes or self._packet_bytes > self._limits.header_bytes_max or len(headers) > 100:
            self._head_bytes = 0
            self._check_size(headers)
        self._receiving = request
        self._headers = request.trailers
        self._body = b""
        self._body_size = 0
        length = by_name.get("content-length", "0")
        if length != "0" or "transfer-encoding" in by_name:
            self._admit(request, by_name, int(length))
        elif "expect" in by_name and self._check_expect(by_name["expect"]) and self._turn is None and not self._turns:
            # There is nothing to wait for, but botocore, told the last word first, misreads all that follows.
            self._transport.write(CONTINUE)

    def on_body(self, chunk: bytes) -> None:
        """A piece of the body."""
        size = self._body_size = self._body_size + len(chunk)
        stream = self._stream
        if stream is not None:
            if size > self._body_max:
                stream.fail(BodyTooLarge(f"the body is larger than {self._body_max} bytes"))
                raise _Refused(plain(413))
            stream.feed(chunk)
            return
        if size > self._body_max:
            raise _Refused(self._too_large or plain(413))
        body = self._body
        if not body:
            self._body = chunk
        elif isinstance(body, list):
            body.append(chunk)
        else:
            self._body = [body, chunk]

    def on_message_complete(self) -> None:
        """The request is whole: answer it, or let it wait for those before it."""
        request = self._receiving
        if request is None or self._upgrading:
            return
        if request.trailers:
            self._check_size(request.trailers)
        self._receiving = None
        self._continue_owed = False
        self._deadline = self._server.tick + self._server.idle_ticks
        stream = self._stream
        if stream is not None:
            self._stream = None
            stream.end()
            return
        body = self._body
        request.body = body if isinstance(body, bytes) else b"".join(body)
        self._body = b""
        self._serve(request, self._keep, self._http10)

    # -- checking

    def _speak_http2(self, first: bytes) -> None:
        """Leave the connection to HTTP/2, whose library is loaded by the first who speaks it."""
        from foulweather.wire.http2 import take_over

        self._deaf, self._deadline = True, NEVER
        take_over(self, self._server, self._transport, self._peer, self._tls, self._handshake).data_received(first)

    def _unusual_target(self, method: str, target: str, headers: list[tuple[str, str]]) -> tuple[str, str]:
        try:
            return read_target(method, target, headers)
        except TargetRefused as refused:
            raise _Refused(plain(refused.status, refused.text)) from None

    def _wait_for_head(self, was_in_head: bool) -> None:
        """A head came only in part: bound the time and the bytes it may still take."""
        # Without a count, the head that this packet began in has ended in it, and this is the next one.
        if not was_in_head or not self._head_bytes:
            self._head_bytes = 1
            self._deadline = self._server.tick + self._server.header_ticks
            return
        self._head_bytes += self._packet_bytes
        if self._head_bytes > self._limits.header_bytes_max + self._limits.target_bytes_max:
            self._refuse(plain(431))

    def _check_size(self, headers: list[tuple[str, str]]) -> None:
        size = sum([len(name) + len(value) + 4 for name, value in headers])
        if len(headers) > self._limits.headers_max or size > self._limits.header_bytes_max:
            raise _Refused(plain(431))

    def _check_version(self, by_name: dict[str, str]) -> None:
        """The rarer shapes of a head: other versions, upgrades, no Host or several."""
        version = self._parser.get_http_version()
        if version == "1.0":
            self._http10 = True
            if "transfer-encoding" in by_name:
                raise _Refused(plain(400, "Transfer-Encoding needs HTTP/1.1"))
        elif version != "1.1":
            raise _Refused(plain(505))
        host = by_name.get("host")
        if (host is None and version == "1.1") or (host is not None and "," in host):
            raise _Refused(plain(400, "exactly one Host header is required"))
        # An upgrade may be ignored (RFC 9110, 7.8): ordinary clients offer h2c, and few of our hosts speak WebSocket.
        self._handshaking = "websocket" in by_name.get("upgrade", "").lower() and version == "1.1"
        self._upgrading = self._parser.should_upgrade() and has_body(by_name)

    def _check_expect(self, expect: str) -> bool:
        # Any other expectation may fail or be ignored (RFC 9110, 10.1.1): S3 ignores it.
        return expect.lower() == "100-continue" and not self._http10

    def _admit(self, request: HttpRequest, by_name: dict[str, str], length: int) -> None:
        """Ask the application how it wants the body, before a byte of it is taken."""
        if "transfer-encoding" in by_name and by_name["transfer-encoding"].lower() != "chunked":
            raise _Refused(plain(501, "the only transfer coding taken is chunked"))
        if "expect" in by_name:
            self._continue_owed = self._check_expect(by_name["expect"])
        limits = self._limits
        if length > limits.body_bytes_max:
            raise _Refused(plain(413))
        try:
            admission = self._app.admit(request)
        except Exception:
            raise _Refused(self._failed(request)) from None
        if not isinstance(admission, Admission):
            raise _Refused(admission)
        self._deadline = self._server.tick + self._server.body_ticks
        self._body_checked = 0
        if admission.stream:
            self._body_max = limits.body_bytes_max
            request.stream = self._stream = BodyStream(
                limits.stream_window_bytes, self._send_continue, self._hold_body, self._release_body
            )
            self._enter(Turn(request, self._keep, self._http10))
            return
        most = admission.buffer_bytes_max
        self._body_max = limits.buffered_body_bytes_max if most is None else most
        self._too_large = admission.too_large
        if length > self._body_max:
            raise _Refused(self._too_large or plain(413))
        if self._continue_owed and self._turn is None and not self._turns:
            self._send_continue()

    def _hold_body(self) -> None:
        self._pause(FULL_WINDOW)

    def _release_body(self) -> None:
        self._resume(FULL_WINDOW)

    def _ignore_upgrade(self) -> None:
        """Go on in HTTP/1.1 after an upgrade that was asked for: the parser stops where a body would begin."""
        if not self._upgrading:
            self._deaf = self._deaf or not self._keep
            self._parser = httptools.HttpRequestParser(self)
        else:
            self._upgrading = False
            self._parser = httptools.HttpRequestParser(AfterMadeUpHead(self))
            by_name = cast(HttpRequest, self._receiving).by_name()
            self._parser.feed_data(made_up_head(by_name, self._keep))

    # -- refusing

    def _fail_stream(self, failure: BodyMalformed | ClientGone | BodyTooSlow) -> bool:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.fail(failure)
        return stream is not None

    def _stop_listening(self, error: httptools.HttpParserError) -> None:
        """The parser has stopped: refused on purpose, or the input is not HTTP."""
        cause = error.__context__
        if self._deaf:
            return
        if isinstance(cause, _Refused):
            self._refuse(cause.response)
        elif isinstance(error, httptools.HttpParserCallbackError):
            log.error("a request could not be taken in", exc_info=cause or error)
            self._refuse(plain(500))
        elif not self._keep and not self._in_head and self._receiving is None:
            # Bytes after a request that said `Connection: close`: that one is answered, these are not.
            self._deaf = True
        else:
            self._refuse(plain(400))

    def _refuse(self, response: HttpResponse) -> None:
        """Answer what is being received with `response`, after those before it, and hear no more."""
        self._deaf = True
        self._in_head = False
        self._continue_owed = False
        request = self._receiving or HttpRequest("GET", "/", "", [])
        # A streamed request is with the application already, which answers when its body fails.
        if not self._fail_stream(BodyMalformed("the body is malformed")):
            self._enter(Turn(request, False, False, response))

    # -- what the server asks of all its connections

    def sweep(self, tick: int) -> None:
        """Act on the deadlines that have passed."""
        if self._write_deadline <= tick:
            self._transport.abort()
        elif self._deadline <= tick:
            self._overdue(tick)

    def _overdue(self, tick: int) -> None:
        server = self._server
        if self._deaf:
            if self._turn is None:
                self._transport.abort()
        elif self._receiving is not None:
            least = self._limits.body_bytes_per_s_min * self._limits.body_timeout_s
            waits_for_us = self._paused or (self._stream is None and self._turn is not None)
            if waits_for_us or self._body_size - self._body_checked >= least:
                self._body_checked = self._body_size
                self._deadline = tick + server.body_ticks
            elif self._fail_stream(BodyTooSlow("the body did not arrive in time")):
                self._deaf = True
            else:
                self._refuse(plain(408))
        elif self._turn is not None or self._turns:
            self._deadline = tick + server.idle_ticks
        elif self._in_head:
            self._refuse(plain(408))
        else:
            self._transport.close()

    def retire(self) -> None:
        """Close if nothing is under way here."""
        if self._turn is None and not self._turns and self._receiving is None and not self._in_head:
            self._transport.close()

    def cut(self) -> None:
        """Close whatever is under way."""
        self._transport.abort()
