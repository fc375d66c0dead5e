"""One client's connection in HTTP/2: frames in, requests to the application, many at once. RFC 9113."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from h2 import events
from h2.exceptions import ProtocolError

from foulweather.kernel.http import Handshake, HttpRequest, HttpResponse
from foulweather.wire import http2_frames as frames
from foulweather.wire.app import Admission
from foulweather.wire.body import BodyStream, BodyTooLarge, BodyTooSlow
from foulweather.wire.http2_answering import Http2Answering
from foulweather.wire.http2_frames import Broken, Frame
from foulweather.wire.http2_heads import HeadRefused, Malformed, read_head, read_trailers
from foulweather.wire.http2_stream import NEVER, Stream
from foulweather.wire.responses import plain

if TYPE_CHECKING:
    from foulweather.wire.connection import Connection
    from foulweather.wire.server import Server

log = logging.getLogger("foulweather.wire")

# How much of bodies that are taken in whole one connection may leave unfinished.
_BUFFERED_BYTES_MAX: Final = 134_217_728


def take_over(
    before: Connection,
    server: Server,
    transport: asyncio.Transport,
    peer: str,
    tls: bool,
    handshake: Handshake | None,
) -> Http2:
    """Speak HTTP/2 on the connection of a client that chose it."""
    spoken = Http2(server, transport, peer, tls, handshake)
    server.became(before, spoken)
    transport.set_protocol(spoken)
    return spoken


class Http2(Http2Answering):
    """Takes requests in, each on its stream, and guards against ill-behaved clients."""

    def __init__(
        self, server: Server, transport: asyncio.Transport, peer: str, tls: bool, handshake: Handshake | None
    ) -> None:
        super().__init__(server, transport)
        self._peer = peer
        self._tls = tls
        self._handshake = handshake
        self._taken_bytes = 0
        self._buffered_bytes = 0
        self._lingered = 0
        self._write_deadline = NEVER
        self._deadline = server.tick + server.idle_ticks
        # By when what has begun to come has come, and how much had come whole when that was last looked at.
        self._whole_deadline = server.tick + server.header_ticks
        self._whole_count = 0
        transport.write(frames.opening(server.limits))

    # -- the transport's side

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self._deaf:
            self._lingered += len(data)
            if self._lingered > self._limits.linger_bytes_max:
                self._transport.abort()
            return
        try:
            for frame in self._frames.cut(data, self._server.tick):
                self._take(frame)
                if self._deaf:
                    return
        except Broken as broken:
            self._go_away(broken.code, broken.reason)
        except ProtocolError as error:
            self._go_away(int(error.error_code), str(error))
        except Exception:
            log.exception("a frame could not be taken in")
            self._go_away(frames.INTERNAL_ERROR, "")
        else:
            if not self._frames.awaits:
                self._whole_deadline = NEVER
            elif self._whole_deadline == NEVER:
                self._await_whole()
            self._go_on()

    def eof_received(self) -> bool:
        """The client has closed its side: nobody could open a window for what is still to be sent."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: whatever worked for it is told."""
        self._deaf = True
        self._server.disconnected(self)
        self._drop_all()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to: nothing more is heard that may want an answer."""
        self._write_deadline = self._server.tick + self._server.write_ticks
        self._is_full = True
        if not self._transport.is_closing() and not self._deaf:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._write_deadline = NEVER
        self._is_full = False
        if not self._transport.is_closing() and not self._deaf:
            self._transport.resume_reading()
            self._wake()

    # -- frames

    def _take(self, frame: Frame) -> None:
        kind = frame.kind
        if kind == frames.GOAWAY:
            # What the client has asked for, it still wants (6.8); h2 would send no more.
            self._is_leaving = True
            if not self._streams:
                self._go_away(frames.NO_ERROR, "")
            return
        if kind == frames.PRIORITY or kind > frames.CONTINUATION:
            return  # 5.3.2 and 5.5: priorities are history, and unknown frames are for others
        if kind == frames.DATA and frame.stream_id not in self._streams:
            self._frames.idle.spend(self._server.tick)
        whole = frames.modest(frame) if kind == frames.SETTINGS else frame.whole
        for event in self._conn.receive_data(whole):
            self._heard(event)
            if self._deaf:
                return

    def _heard(self, event: events.Event) -> None:
        if isinstance(event, events.DataReceived):
            self._body(event.stream_id, event.data or b"", event.flow_controlled_length or 0)
        elif isinstance(event, events.RequestReceived):
            self._request(event)
        elif isinstance(event, events.StreamEnded):
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                self._received(stream)
        elif isinstance(event, events.WindowUpdated):
            self._opened(event.stream_id or 0)
        elif isinstance(event, events.RemoteSettingsChanged):
            self._opened(0)
        elif isinstance(event, events.TrailersReceived):
            self._trailers(event)
        elif isinstance(event, events.StreamReset):
            if not event.remote_reset:
                self._frames.resets.spend(self._server.tick)
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                self._forget(stream)

    def _request(self, event: events.RequestReceived) -> None:
        """A head has come: check it, and decide what becomes of the body."""
        stream_id, fields = event.stream_id, [(bytes(name), bytes(value)) for name, value in event.headers or ()]
        if self._is_leaving or len(self._streams) >= frames.STREAMS_MAX:
            self._refuse_stream(stream_id, frames.REFUSED_STREAM)
            return
        self._frames.idle.earn(frames.EARNED_BY_PIECE)
        try:
            request = read_head(fields, self._limits)
        except Malformed as malformed:
            log.debug("a malformed request: %s", malformed)
            self._refuse_stream(stream_id, frames.PROTOCOL_ERROR)
            return
        except HeadRefused as refused:
            method = dict(fields).get(b":method", b"").decode("latin-1")
            stream = self._streams[stream_id] = Stream(stream_id, HttpRequest(method, "/", "", []))
            stream.is_received = event.stream_ended is not None
            self._refuse(stream, refused.response)
            return
        request.peer, request.tls, request.handshake = self._peer, self._tls, self._handshake
        stream = self._streams[stream_id] = Stream(stream_id, request)
        if event.stream_ended is None:
            self._admit(stream)

    def _refuse_stream(self, stream_id: int, code: int) -> None:
        """Reset a stream that no request came of: as dear as one that its client resets (CVE-2025-8671)."""
        self._frames.resets.spend(self._server.tick)
        self._conn.reset_stream(stream_id, code)

    def _admit(self, stream: Stream) -> None:
        """Ask the application how it wants the body."""
        request, limits = stream.request, self._limits
        by_name = request.by_name()
        length = int(by_name.get("content-length", "0").partition(",")[0])
        stream.continue_owed = by_name.get("expect", "").lower() == "100-continue"
        if length > limits.body_bytes_max:
            self._refuse(stream, plain(413))
            return
        try:
            admission = self._app.admit(request)
        except Exception:
            admission = self._failed(request)
        if not isinstance(admission, Admission):
            self._refuse(stream, admission)
            return
        stream.deadline = self._server.tick + self._server.body_ticks
        if admission.stream:
            stream.bytes_max = limits.body_bytes_max
            request.stream = stream.body = self._body_stream(stream)
            self._begin(stream)
            return
        most = admission.buffer_bytes_max
        stream.bytes_max = limits.buffered_body_bytes_max if most is None else most
        stream.too_large = admission.too_large
        if length > stream.bytes_max:
            self._refuse(stream, stream.too_large or plain(413))
        else:
            self._send_continue(stream)

    def _body_stream(self, stream: Stream) -> BodyStream:
        def hold() -> None:
            stream.is_held = True

        def release() -> None:
            stream.is_held = False
            self._grant(stream)
            self._wake()

        return BodyStream(self._limits.stream_window_bytes, lambda: self._send_continue(stream), hold, release)

    def _body(self, stream_id: int, data: bytes, flow_bytes: int) -> None:
        """A piece of a body. The connection's window is opened at once, that of its stream as the body is read."""
        self._taken_bytes += flow_bytes
        if self._taken_bytes >= frames.CONNECTION_WINDOW_BYTES // 2:
            self._conn.increment_flow_control_window(self._taken_bytes)
            self._taken_bytes = 0
        stream = self._streams.get(stream_id)
        if stream is None or stream.is_deaf:
            return
        stream.owed_bytes += flow_bytes
        size = stream.size = stream.size + len(data)
        if stream.body is not None:
            if size > stream.bytes_max:
                stream.is_deaf = True
                stream.body.fail(BodyTooLarge(f"the body is larger than {stream.bytes_max} bytes"))
                return
            if data:
                stream.body.feed(data)
        elif size > stream.bytes_max:
            self._refuse(stream, stream.too_large or plain(413))
            return
        elif data:
            stream.pieces.append(data)
            self._buffered_bytes += len(data)
            if self._buffered_bytes > _BUFFERED_BYTES_MAX:
                self._frames.resets.spend(self._server.tick)
                self._reset(stream, frames.REFUSED_STREAM)
                return
        self._grant(stream)

    def _grant(self, stream: Stream) -> None:
        """Let the client send as much again as was taken of what it sent."""
        if stream.owed_bytes >= frames.STREAM_WINDOW_BYTES // 2 and not (
            stream.is_held or stream.is_received or stream.is_deaf or stream.is_gone
        ):
            self._conn.increment_flow_control_window(stream.owed_bytes, stream.id)
            stream.owed_bytes = 0

    def _trailers(self, event: events.TrailersReceived) -> None:
        stream = self._streams.get(event.stream_id)
        if stream is None:
            return
        try:
            trailers = read_trailers([(bytes(name), bytes(value)) for name, value in event.headers or ()])
        except Malformed:
            self._frames.resets.spend(self._server.tick)
            self._reset(stream, frames.PROTOCOL_ERROR)
            return
        stream.request.trailers.extend(trailers)

    def _received(self, stream: Stream) -> None:
        """The request is whole: answer it."""
        stream.deadline = NEVER
        buffered = stream.buffered_bytes
        stream.is_received = True
        if stream.is_answered:
            self._forget(stream)
        elif stream.body is not None:
            stream.body.end()
        elif not stream.is_deaf:
            self._buffered_bytes -= buffered
            stream.request.body = b"".join(stream.pieces)
            stream.pieces.clear()
            self._begin(stream)

    # -- refusing

    def _refuse(self, stream: Stream, response: HttpResponse) -> None:
        """Answer a request with `response`, and take no more of it."""
        self._buffered_bytes -= sum(map(len, stream.pieces))
        stream.pieces.clear()
        stream.is_deaf = True
        stream.deadline = NEVER
        self._answer(stream, response)

    def _forget(self, stream: Stream) -> None:
        self._buffered_bytes -= sum(map(len, stream.pieces))
        stream.pieces.clear()
        super()._forget(stream)

    def _drop_all(self) -> None:
        for stream in list(self._streams.values()):
            self._forget(stream)
        self._waiting.clear()

    def _go_away(self, code: int, reason: str) -> None:
        """End the connection, and say why."""
        self._deaf = True
        goodbye = frames.goaway(self._conn.highest_inbound_stream_id, code, reason)
        self._transport.write(frames.without_goaway(self._conn.data_to_send()) + goodbye)
        self._drop_all()
        self._close()

    # -- what the server asks of all its connections

    def sweep(self, tick: int) -> None:
        """Act on the deadlines that have passed."""
        if self._write_deadline <= tick:
            self._transport.abort()
        elif self._deaf:
            if self._deadline <= tick:
                self._transport.abort()
        elif self._whole_deadline <= tick and self._is_stuck():
            self._go_away(frames.ENHANCE_YOUR_CALM, "what was begun did not come in time")
        elif not self._streams:
            if self._deadline <= tick:
                self._go_away(frames.NO_ERROR, "")
        else:
            for stream in list(self._streams.values()):
                if stream.deadline <= tick:
                    self._overdue(stream, tick)
                if stream.write_deadline <= tick and not self._deaf:
                    self._unread(stream, tick)
            self._go_on()

    def _await_whole(self) -> None:
        self._whole_deadline = self._server.tick + self._server.header_ticks
        self._whole_count = self._frames.whole_count

    def _is_stuck(self) -> bool:
        """Whether nothing has come whole in the time for it; bodies have times of their own."""
        stream = self._streams.get(self._frames.partial_stream_id)
        if self._frames.whole_count == self._whole_count and (stream is None or stream.is_received):
            return True
        self._await_whole()
        return False

    def _overdue(self, stream: Stream, tick: int) -> None:
        """A body has had its time: so much of it must have come, unless it is we who do not read."""
        if stream.is_answered:
            self._reset(stream, frames.NO_ERROR)
            return
        least = self._limits.body_bytes_per_s_min * self._limits.body_timeout_s
        waits_for_us = stream.is_held or self._is_full or (stream.body is not None and not stream.is_begun)
        if waits_for_us or stream.size - stream.size_checked >= least:
            stream.size_checked = stream.size
            stream.deadline = tick + self._server.body_ticks
        elif stream.body is not None:
            stream.is_deaf, stream.deadline = True, NEVER
            stream.body.fail(BodyTooSlow("the body did not arrive in time"))
        else:
            self._refuse(stream, plain(408))

    def _unread(self, stream: Stream, tick: int) -> None:
        """An answer has had its time: so much of it must have been taken."""
        least = self._limits.body_bytes_per_s_min * self._limits.write_timeout_s
        if stream.sent_bytes - stream.sent_bytes_checked >= least:
            stream.sent_bytes_checked = stream.sent_bytes
            stream.write_deadline = tick + self._server.write_ticks
        elif self._conn.outbound_flow_control_window <= 0:
            self._go_away(frames.ENHANCE_YOUR_CALM, "answers are not read")
        else:
            self._reset(stream, frames.ENHANCE_YOUR_CALM)

    def retire(self) -> None:
        """The server stops: what is under way is finished, and nothing is begun."""
        if not self._deaf and not self._is_leaving:
            self._is_leaving = True
            if self._streams:
                self._flush()
                self._transport.write(frames.goaway(self._conn.highest_inbound_stream_id, frames.NO_ERROR))
            else:
                self._go_away(frames.NO_ERROR, "")

    def cut(self) -> None:
        """Close whatever is under way."""
        self._transport.abort()
