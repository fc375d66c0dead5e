"""The answering half of an HTTP/2 connection: many requests at once, each sent as fast as its client takes it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.websockets import Upgraded
from foulweather.wire import http2_frames as frames
from foulweather.wire.answering import aclose, break_off, checked_answer
from foulweather.wire.app import Deferred, NoAnswer
from foulweather.wire.body import BodyFailed, ClientGone
from foulweather.wire.http2_frames import Frames
from foulweather.wire.http2_heads import AnswerHead, answer_head
from foulweather.wire.http2_stream import NEVER, Stream
from foulweather.wire.responses import plain
from foulweather.wire.upgrades import PREFACE

if TYPE_CHECKING:
    from foulweather.wire.server import Server

log = logging.getLogger("foulweather.wire")

# How much of its answers a connection may leave unread before further requests wait for their turn.
UNSENT_BYTES_MAX: Final = 33_554_432
# How far a streamed answer is read ahead of its client, and how much goes out before others have their turn.
_AHEAD_BYTES: Final = 131_072
_TURN_BYTES: Final = 262_144
_FLUSH_BYTES: Final = 65_536
# How long a client may go on sending a request that is answered, in the server's ticks.
_AFTER_ANSWER_TICKS: Final = 2
# How many closed streams are remembered, for frames that were on their way.
_CLOSED_STREAMS_MAX: Final = 1024
# More than the client is told, so that one that has not heard it yet loses a request and not the connection.
_STREAMS_TAKEN_MAX: Final = 1000


class _Protocol(H2Connection):
    MAX_CLOSED_STREAMS = _CLOSED_STREAMS_MAX


class Http2Answering(asyncio.Protocol):
    """Has requests answered as they come, and shares the connection among the answers, piece by piece."""

    def __init__(self, server: Server, transport: asyncio.Transport) -> None:
        self._server = server
        self._limits = limits = server.limits
        self._app = server.app
        self._transport = transport
        self._frames = Frames(limits, server.tick)
        self._conn = _protocol(limits.header_bytes_max + limits.target_bytes_max + 32 * limits.headers_max)
        self._streams: dict[int, Stream] = {}
        # Those with something to send and a window to send it, and those that wait to be begun.
        self._ready: dict[int, Stream] = {}
        self._waiting: deque[Stream] = deque()
        self._unsent_bytes = 0
        self._is_full = False
        self._is_woken = False
        # A deaf connection takes nothing any more; one that leaves takes no further request.
        self._deaf = False
        self._is_leaving = False
        self._deadline = NEVER

    # -- answers

    def _begin(self, stream: Stream) -> None:
        """Have a request answered, now or when the client has taken enough of the other answers."""
        if self._unsent_bytes > UNSENT_BYTES_MAX:
            self._waiting.append(stream)
            return
        stream.is_begun = True
        try:
            reply = self._app.handle(stream.request)
        except Exception:
            reply = self._failed(stream.request)
        self._reply(stream, reply)

    def _reply(self, stream: Stream, reply: object) -> None:
        """Answer with what the application gave."""
        if isinstance(reply, Deferred):
            stream.deferred = reply
            response = reply.bind(partial(self._deliver, stream))
            if response is not None:
                stream.deferred = None
                self._answer(stream, response)
        elif isinstance(reply, HttpResponse) or not isinstance(reply, Awaitable):
            self._answer(stream, checked_answer(reply))
        else:
            waiting = self._await(stream, cast(Awaitable[HttpResponse], reply))
            stream.task = asyncio.get_running_loop().create_task(waiting)

    def _deliver(self, stream: Stream, response: HttpResponse) -> None:
        """The answer that was deferred has come."""
        stream.deferred = None
        self._answer(stream, response)
        self._wake()

    async def _await(self, stream: Stream, reply: Awaitable[HttpResponse]) -> None:
        try:
            response = checked_answer(await reply)
        except BodyFailed as failure:
            response = plain(failure.status, str(failure))
        except asyncio.CancelledError:
            if stream.is_gone or self._transport.is_closing():
                raise
            response = self._failed(stream.request)
        except Exception:
            response = self._failed(stream.request)
        if response.stream is None:
            stream.task = None
            self._answer(stream, response)
            self._wake()
        else:
            await self._send_stream(stream, response, response.stream)

    def _failed(self, request: HttpRequest) -> HttpResponse:
        log.exception("answering %s %s failed", request.method, request.path)
        return plain(500)

    def _answer(self, stream: Stream, response: HttpResponse) -> None:
        """Have this answer sent."""
        if stream.is_gone or self._deaf:
            return
        if isinstance(response, NoAnswer):
            self._deaf = True
            break_off(self._transport, response)
            return
        if isinstance(response, Upgraded):
            self._reset(stream, frames.HTTP_1_1_REQUIRED)
            return
        pieces = response.stream
        if pieces is not None:
            stream.task = asyncio.get_running_loop().create_task(self._send_stream(stream, response, pieces))
            return
        try:
            head = self._head(stream, response, len(response.body))
        except Exception:
            log.exception("the response to %s %s is malformed", stream.request.method, stream.request.path)
            response = plain(500)
            head = self._head(stream, response, len(response.body))
        self._send_head(stream, head, ends=not (head.body_allowed and response.body))
        if head.body_allowed and response.body:
            stream.ends = True
            self._queue(stream, response.body)

    def _head(self, stream: Stream, response: HttpResponse, body_length: int | None) -> AnswerHead:
        server = self._server
        is_head = stream.request.method == "HEAD"
        return answer_head(response, server.dates, server.now(), is_head=is_head, body_length=body_length)

    def _send_head(self, stream: Stream, head: AnswerHead, *, ends: bool) -> None:
        self._conn.send_headers(stream.id, head.fields, end_stream=ends)
        stream.continue_owed = False
        if ends:
            self._finish(stream)

    async def _send_stream(self, stream: Stream, response: HttpResponse, pieces: AsyncIterator[bytes]) -> None:
        """Send a streamed answer, read no further ahead than its client follows."""
        is_whole = False
        head: AnswerHead | None = None
        try:
            head = self._head(stream, response, None)
            if not head.body_allowed:
                stream.task = None
            if not stream.is_gone:
                self._send_head(stream, head, ends=not head.body_allowed)
                self._wake()
                is_whole = not head.body_allowed or await self._send_pieces(stream, head.length, pieces)
        except asyncio.CancelledError:
            raise
        except ConnectionAbortedError:
            pass  # whose stream it is wants it to break
        except Exception:
            log.exception("the response stream of %s %s failed", stream.request.method, stream.request.path)
        finally:
            await aclose(pieces)
        stream.task = None
        if stream.is_gone or stream.is_answered or self._deaf:
            return
        if head is None:
            self._answer(stream, plain(500))
        elif is_whole:
            stream.ends = True
            self._ready[stream.id] = stream
        else:
            # The client must see that the body is not whole.
            self._reset(stream, frames.INTERNAL_ERROR)
        self._wake()

    async def _send_pieces(self, stream: Stream, length: int | None, pieces: AsyncIterator[bytes]) -> bool:
        """Send the pieces of a body; whether they made up the whole of it."""
        sent = 0
        async for piece in pieces:
            if not piece:
                continue
            sent += len(piece)
            if length is not None and sent > length:
                log.error("a response stream is longer than its Content-Length of %d", length)
                return False
            self._queue(stream, piece)
            self._wake()
            if stream.unsent_bytes > _AHEAD_BYTES:
                stream.drained = asyncio.get_running_loop().create_future()
                await stream.drained
            if stream.is_gone or self._transport.is_closing():
                return False
        if length is not None and sent < length:
            log.error("a response stream ended %d bytes early", length - sent)
            return False
        return True

    def _send_continue(self, stream: Stream) -> None:
        """Let a client that asked first send its body."""
        if stream.continue_owed and not stream.is_gone:
            stream.continue_owed = False
            self._conn.send_headers(stream.id, [(b":status", b"100")])
            self._wake()

    # -- sending

    def _queue(self, stream: Stream, data: bytes) -> None:
        stream.queue(data, self._server.tick + self._server.write_ticks)
        self._unsent_bytes += len(data)
        self._ready[stream.id] = stream

    def _wake(self) -> None:
        """Send what there is, once whatever else happens now has happened."""
        if not self._is_woken:
            self._is_woken = True
            asyncio.get_running_loop().call_soon(self._woken)

    def _woken(self) -> None:
        self._is_woken = False
        self._go_on()

    def _go_on(self) -> None:
        """Send what may be sent, and begin those that waited for it."""
        if self._transport.is_closing() or self._deaf:
            return
        try:
            self._pump()
            while self._waiting and self._unsent_bytes <= UNSENT_BYTES_MAX and not self._deaf:
                stream = self._waiting.popleft()
                if not stream.is_gone:
                    self._begin(stream)
                    self._pump()
        except ProtocolError:
            log.exception("an answer could not be sent")
            self._transport.abort()
        else:
            self._flush()

    def _pump(self) -> None:
        """Send a piece of each answer in turn, as far as the windows and the socket let it."""
        ready = self._ready
        sent = flushed = 0
        while ready and not self._is_full and not self._deaf:
            if sent >= _TURN_BYTES:
                self._wake()
                return
            stream_id = next(iter(ready))
            sent += self._send_piece(ready.pop(stream_id))
            if sent - flushed >= _FLUSH_BYTES:
                flushed = sent
                self._flush()

    def _send_piece(self, stream: Stream) -> int:
        """Send the next piece of an answer; without a window it is ready again when the client has opened one."""
        conn = self._conn
        if not stream.out:
            if stream.ends:
                conn.end_stream(stream.id)
                self._finish(stream)
            return 0
        room = min(conn.local_flow_control_window(stream.id), frames.FRAME_BYTES_MAX)
        if room <= 0:
            return 0
        piece = stream.next_piece(room)
        size = len(piece)
        is_last = stream.ends and not stream.out
        conn.send_data(stream.id, piece, end_stream=is_last)
        self._frames.idle.earn(frames.EARNED_BY_PIECE)
        self._unsent_bytes -= size
        if is_last:
            self._finish(stream)
        else:
            if stream.out:
                self._ready[stream.id] = stream
            if stream.unsent_bytes <= _AHEAD_BYTES // 2:
                stream.undrain()
        return size

    def _opened(self, stream_id: int) -> None:
        """A window has opened: that of one stream, or with 0 that of all."""
        if stream_id:
            stream = self._streams.get(stream_id)
            if stream is not None and stream.out:
                self._ready[stream_id] = stream
        else:
            self._ready.update({stream.id: stream for stream in self._streams.values() if stream.out})

    def _flush(self) -> None:
        data = self._conn.data_to_send()
        if data:
            self._transport.write(data)

    # -- ends

    def _finish(self, stream: Stream) -> None:
        """The answer is out; what the client still sends of its request is not wanted."""
        if stream.is_received:
            self._forget(stream)
            return
        # 8.1: reset without an error; not with the answer, or nghttp2's clients (curl, Node.js) never see that.
        stream.is_answered = stream.is_deaf = True
        stream.deadline = self._server.tick + _AFTER_ANSWER_TICKS
        if stream.body is not None:
            stream.body.fail(ClientGone("the request is answered"))

    def _reset(self, stream: Stream, code: int) -> None:
        """Break a stream off."""
        try:
            self._conn.reset_stream(stream.id, code)
        except ProtocolError:
            log.debug("stream %d was closed before", stream.id)
        self._forget(stream)

    def _forget(self, stream: Stream) -> None:
        """A stream has ended, or its client has given it up: whoever works for it is told."""
        if stream.is_gone:
            return
        stream.is_gone = True
        self._streams.pop(stream.id, None)
        self._ready.pop(stream.id, None)
        self._unsent_bytes -= stream.unsent_bytes
        stream.out.clear()
        if stream.body is not None:
            stream.body.fail(ClientGone("the client gave the request up"))
        deferred, stream.deferred = stream.deferred, None
        if deferred is not None:
            deferred.abandon()
        task, stream.task = stream.task, None
        if task is not None:
            # Not before its first step: a call that nobody awaits is never put on record.
            asyncio.get_running_loop().call_soon(task.cancel)
        stream.undrain()
        if not self._streams:
            self._deadline = self._server.tick + self._server.idle_ticks
            if self._is_leaving and not self._deaf:
                self._flush()
                self._close()

    def _close(self) -> None:
        """End the connection; where the client may still be sending, only after it had time to read."""
        self._deaf = True
        transport = self._transport
        # Closing with unread input would reset the connection and take the last words with it.
        self._deadline = self._server.tick + self._server.linger_ticks
        try:
            transport.write_eof()
        except (OSError, NotImplementedError):  # it has gone, or this is TLS
            transport.close()


def _protocol(header_bytes_max: int) -> H2Connection:
    """The state of a connection, whose first words the front end has said itself."""
    # What a request may say is checked with it: a malformed one is no reason to end the others.
    config = H2Configuration(
        client_side=False,
        validate_inbound_headers=False,
        normalize_inbound_headers=False,
        validate_outbound_headers=False,
        normalize_outbound_headers=False,
    )
    conn = _Protocol(config)
    conn.decoder.max_header_list_size = header_bytes_max
    conn.local_settings.update(
        {
            SettingCodes.MAX_CONCURRENT_STREAMS: _STREAMS_TAKEN_MAX,
            SettingCodes.INITIAL_WINDOW_SIZE: frames.STREAM_WINDOW_BYTES,
        }
    )
    conn.local_settings.acknowledge()
    conn.initiate_connection()
    conn.increment_flow_control_window(frames.CONNECTION_WINDOW_BYTES - 65_535)
    conn.clear_outbound_data_buffer()
    conn.receive_data(PREFACE)
    return conn
