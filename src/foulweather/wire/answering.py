"""The answering half of a connection: requests take turns, responses go out in order."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING, cast

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.websockets import Upgraded
from foulweather.wire.app import Deferred, NoAnswer
from foulweather.wire.body import BodyFailed, BodyStream
from foulweather.wire.responses import CONTINUE, LAST_CHUNK, Framing, framed, plain, simple, whole
from foulweather.wire.websocket import WebSocket, switching

if TYPE_CHECKING:
    from foulweather.wire.server import Connected, Server

log = logging.getLogger("foulweather.wire")

# Why reading from the socket is paused; several may hold at once.
FULL_WINDOW, FULL_PIPELINE, SLOW_READER, HANDSHAKE = 1, 2, 4, 8
NEVER = 1 << 60


class Turn:
    """A request to be answered; `response` is set when the front end refuses it on its own."""

    __slots__ = ("http10", "keep", "request", "response")

    def __init__(self, request: HttpRequest, keep: bool, http10: bool, response: HttpResponse | None = None) -> None:
        self.request = request
        self.keep = keep
        self.http10 = http10
        self.response = response


class Answering(asyncio.Protocol):
    """Has requests answered one after another, and writes no faster than the client reads."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._limits = server.limits
        self._app = server.app
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        # Who is being answered, who comes next, and what the answer hangs on.
        self._turn: Turn | None = None
        self._turns: deque[Turn] = deque()
        self._deferred: Deferred | None = None
        self._task: asyncio.Task[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        # What is still being received.
        self._receiving: HttpRequest | None = None
        self._stream: BodyStream | None = None
        self._continue_owed = False
        # A deaf connection takes no further request; what still comes is thrown away.
        self._deaf = False
        self._paused = 0
        # Bytes that a client sent after a handshake, before it was answered.
        self._early = b""
        self._socket: WebSocket | None = None
        self._deadline = NEVER
        self._write_deadline = NEVER

    # -- turns

    def _enter(self, turn: Turn) -> None:
        """Answer this request, now or after those before it."""
        if self._turn is None and not self._turns and self._drained is None:
            self._begin(turn)
            return
        self._turns.append(turn)
        if len(self._turns) >= self._limits.pipelined_requests_max:
            self._pause(FULL_PIPELINE)

    def _serve(self, request: HttpRequest, keep: bool, http10: bool) -> None:
        """Have a request answered; if there is nothing special about its answer, without further ado."""
        if self._turn is not None or self._turns or self._drained is not None:
            self._enter(Turn(request, keep, http10))
            return
        server = self._server
        try:
            reply = self._app.handle(request)
            if type(reply) is HttpResponse and reply.stream is None and keep and not server.stopping and not http10:
                data = simple(reply, server.dates.at(server.now())) if request.method != "HEAD" else None
                if data is not None:
                    self._transport.write(data)
                    return
        except Exception:
            reply = self._failed(request)
        self._turn = Turn(request, keep, http10)
        self._reply(self._turn, reply)

    def _begin(self, turn: Turn) -> None:
        self._turn = turn
        if turn.response is not None:
            self._answer(turn.response)
            return
        try:
            reply = self._app.handle(turn.request)
        except Exception:
            reply = self._failed(turn.request)
        self._reply(turn, reply)

    def _reply(self, turn: Turn, reply: object) -> None:
        """Answer this turn with what the application gave."""
        if isinstance(reply, Deferred):
            self._deferred = reply
            response = reply.bind(self._deliver)
            if response is not None:
                self._deferred = None
                self._answer(response)
        elif isinstance(reply, HttpResponse) or not isinstance(reply, Awaitable):
            self._answer(checked_answer(reply))
        else:
            waiting = self._await(turn, cast(Awaitable[HttpResponse], reply))
            self._task = asyncio.get_running_loop().create_task(waiting)

    def _take_turns(self) -> None:
        """Go on with those who wait, as far as they can be answered now."""
        turns = self._turns
        while turns and self._turn is None and self._drained is None and not self._transport.is_closing():
            self._begin(turns.popleft())
        if self._paused & FULL_PIPELINE and len(turns) <= self._limits.pipelined_requests_max // 2:
            self._resume(FULL_PIPELINE)
        if self._continue_owed and self._turn is None and not turns:
            self._send_continue()

    def _deliver(self, response: HttpResponse) -> None:
        """The answer that was deferred has come."""
        self._deferred = None
        if self._transport.is_closing():
            return
        self._answer(response)
        self._take_turns()

    async def _await(self, turn: Turn, reply: Awaitable[HttpResponse]) -> None:
        try:
            response = checked_answer(await reply)
        except BodyFailed as failure:
            response = plain(failure.status, str(failure))
        except asyncio.CancelledError:
            if self._transport.is_closing():
                raise
            response = self._failed(turn.request)
        except Exception:
            response = self._failed(turn.request)
        if response.stream is None:
            self._task = None
            if not self._transport.is_closing():
                self._answer(response)
                self._take_turns()
        else:
            await self._send_stream(turn, response, response.stream)

    def _failed(self, request: HttpRequest) -> HttpResponse:
        log.exception("answering %s %s failed", request.method, request.path)
        return plain(500)

    # -- responses

    def _stays_open(self, turn: Turn) -> bool:
        if self._server.stopping:
            return False
        # The last request heard, or one whose body nobody read to its end, is the last on this connection.
        return turn.keep and (bool(self._turns) or not (self._deaf or self._stream is not None))

    def _answer(self, response: HttpResponse) -> None:
        """Write the answer of this turn."""
        if isinstance(response, NoAnswer):
            self._break_off(response)
            return
        turn = cast(Turn, self._turn)
        if isinstance(response, Upgraded):
            self._switch(turn.request, response)
            return
        stream = response.stream
        if stream is not None:
            self._task = asyncio.get_running_loop().create_task(self._send_stream(turn, response, stream))
            return
        server = self._server
        is_head = turn.request.method == "HEAD"
        stays = self._stays_open(turn)
        data: bytes | None = None
        try:
            if stays and not is_head and not turn.http10:
                data = simple(response, server.dates.at(server.now()))
            if data is None:
                data, stays = whole(
                    response, server.dates, server.now(), is_head=is_head, stays_open=stays, http10=turn.http10
                )
        except Exception:
            log.exception("the response to %s %s is malformed", turn.request.method, turn.request.path)
            data, stays = whole(plain(500), server.dates, server.now(), is_head=is_head, stays_open=False, http10=False)
        self._transport.write(data)
        self._finish(stays)

    def _switch(self, request: HttpRequest, response: Upgraded) -> None:
        """Speak HTTP no more: this connection is a WebSocket now."""
        server, transport = self._server, self._transport
        self._turn = None
        self._deaf = True
        self._deadline = NEVER
        transport.write(switching(request, response, server.dates.at(server.now())))
        socket = self._socket = WebSocket(server, transport, response)
        server.became(cast("Connected", self), socket)
        transport.set_protocol(socket)
        early, self._early = self._early, b""
        if early:
            socket.data_received(early)
        self._resume(self._paused)

    def _finish(self, stays: bool) -> None:
        """End this turn."""
        self._turn = None
        if not stays:
            self._close()
        elif self._paused & FULL_WINDOW and self._stream is None:
            self._resume(FULL_WINDOW)

    async def _send_stream(self, turn: Turn, response: HttpResponse, stream: AsyncIterator[bytes]) -> None:
        """Write a streamed answer, no faster than the client takes it."""
        server = self._server
        complete = False
        framing: Framing | None = None
        try:
            framing = framed(
                response,
                server.dates,
                server.now(),
                is_head=turn.request.method == "HEAD",
                stays_open=self._stays_open(turn),
                body_length=None,
                http10=turn.http10,
            )
            self._transport.write(framing.head)
            complete = not framing.body_allowed or await self._send_chunks(framing, stream)
        except asyncio.CancelledError:
            raise
        except ConnectionAbortedError:
            pass  # whose stream it is wants it to break
        except Exception:
            log.exception("the response stream of %s %s failed", turn.request.method, turn.request.path)
        finally:
            await aclose(stream)
        self._task = None
        if self._transport.is_closing():
            return
        if framing is None:
            self._answer(plain(500))
        elif complete:
            # A body that outlived the request's own may have closed the connection to further ones.
            self._finish(framing.stays_open and self._stays_open(turn))
        else:
            # The client must see that the body is not whole.
            self._transport.abort()
        self._take_turns()

    async def _send_chunks(self, framing: Framing, stream: AsyncIterator[bytes]) -> bool:
        """Write the chunks of a body; whether they made up the whole of it."""
        sent = 0
        transport = self._transport
        async for chunk in stream:
            if not chunk:
                continue
            sent += len(chunk)
            if framing.chunked:
                transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            elif framing.length is not None and sent > framing.length:
                log.error("a response stream is longer than its Content-Length of %d", framing.length)
                return False
            else:
                transport.write(chunk)
            if self._drained is not None:
                await self._drained
            if transport.is_closing():
                return False
        if framing.chunked:
            transport.write(LAST_CHUNK)
        elif framing.length is not None and sent < framing.length:
            log.error("a response stream ended %d bytes early", framing.length - sent)
            return False
        return True

    def _send_continue(self) -> None:
        """Let a client that asked first send its body."""
        if self._continue_owed and not self._transport.is_closing():
            self._continue_owed = False
            self._transport.write(CONTINUE)

    # -- the socket

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        self._write_deadline = self._server.tick + self._server.write_ticks
        self._drained = asyncio.get_running_loop().create_future()
        self._pause(SLOW_READER)

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._write_deadline = NEVER
        self._undrain()
        self._resume(SLOW_READER)
        self._take_turns()

    def _undrain(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _pause(self, reason: int) -> None:
        if not self._paused and not self._transport.is_closing():
            self._transport.pause_reading()
        self._paused |= reason

    def _resume(self, reason: int) -> None:
        if self._paused:
            self._paused &= ~reason
            if not self._paused and not self._transport.is_closing():
                self._transport.resume_reading()

    def _break_off(self, response: NoAnswer) -> None:
        """End the connection without an answer, as when the process behind it dies or the network is cut."""
        self._turn = None
        self._turns.clear()
        self._deaf = True
        self._receiving = None
        self._stream = None
        break_off(self._transport, response)

    def _close(self) -> None:
        """End the connection; where the client may still be sending, only after it had time to read."""
        self._turns.clear()
        transport = self._transport
        is_sending = self._receiving is not None or self._deaf
        self._deaf = True
        self._receiving = None
        self._stream = None
        if not is_sending or not transport.can_write_eof():
            transport.close()
            return
        # Closing with unread input would reset the connection and take the answer with it.
        self._deadline = self._server.tick + self._server.linger_ticks
        transport.write_eof()
        self._resume(self._paused)


def break_off(transport: asyncio.Transport, response: NoAnswer) -> None:
    """Close or reset a connection in place of an answer."""
    found = transport.get_extra_info("socket")
    if response.is_reset and found is not None:
        # With nothing to linger for, closing sends RST in place of FIN.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


def checked_answer(reply: object) -> HttpResponse:
    """The application's answer if it is one, so that its mistake costs one request and no connection."""
    if isinstance(reply, HttpResponse):
        return reply
    log.error("the application answered with a %s", type(reply).__name__)
    return plain(500)


async def aclose(stream: AsyncIterator[bytes]) -> None:
    """Tell the source of an answer's body that nobody reads on."""
    close = getattr(stream, "aclose", None)
    if close is not None:
        try:
            await close()
        except Exception:
            log.exception("closing a response stream failed")
