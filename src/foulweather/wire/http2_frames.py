"""HTTP/2's bytes cut into frames, and what a client may send of those that cost it nothing.

A frame that opens no request and moves no byte of one is cheap to send and costs the server work: floods of them are
the attacks of CVE-2019-9511 and after (rapid reset, CVE-2023-44487; CONTINUATION, VU#421644). RFC 9113, 10.5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from foulweather.wire.app import Limits
from foulweather.wire.upgrades import PREFACE

FRAME_BYTES_MAX: Final = 16_384
STREAMS_MAX: Final = 100
STREAM_WINDOW_BYTES: Final = 262_144
CONNECTION_WINDOW_BYTES: Final = 1_048_576
TABLE_BYTES_MAX: Final = 4096

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
_END_STREAM, _ACK, _END_HEADERS, _PADDED = 0x1, 0x1, 0x4, 0x8

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FRAME_SIZE_ERROR = 0x0, 0x1, 0x2, 0x6
REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED = 0x7, 0x8, 0xB, 0xD

_MAX_CONCURRENT_STREAMS, _INITIAL_WINDOW_SIZE, _MAX_HEADER_LIST_SIZE, _HEADER_TABLE_SIZE = 0x3, 0x4, 0x6, 0x1

# Frames that carry nothing: so many at once, and so many more with each tick of the server (a quarter of a second).
_IDLE_FRAMES_MAX: Final = 1000
_IDLE_FRAMES_PER_TICK: Final = 25
_RESETS_MAX: Final = 200
_RESETS_PER_TICK: Final = 8
# What honest work earns: a client may answer every piece with two WINDOW_UPDATEs and ask now and then how far it is.
EARNED_BY_PIECE: Final = 4
_BLOCK_FRAMES_MAX: Final = 32


class Broken(Exception):
    """The connection ends with a GOAWAY of `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Allowance:
    """How often something may still happen: so often at once, and again with time."""

    __slots__ = ("_left", "_most", "_per_tick", "_reason", "_tick")

    def __init__(self, most: int, per_tick: int, tick: int, reason: str) -> None:
        self._most = most
        self._left = most
        self._per_tick = per_tick
        self._tick = tick
        self._reason = reason

    def spend(self, tick: int) -> None:
        """Count one more; too many end the connection."""
        if self._left <= 0:
            self.earn((tick - self._tick) * self._per_tick)
            self._tick = tick
            if self._left <= 0:
                raise Broken(ENHANCE_YOUR_CALM, self._reason)
        self._left -= 1

    def earn(self, more: int) -> None:
        """Allow some more, up to the most."""
        self._left = min(self._most, self._left + more)


class Frame(NamedTuple):
    """One frame: `content` is its payload, `whole` the frame as it came."""

    kind: int
    flags: int
    stream_id: int
    content: bytes
    whole: bytes


class Frames:
    """Cuts what a client sends into frames; ends the connection over those that it may not send, or not so many of."""

    def __init__(self, limits: Limits, tick: int) -> None:
        self._rest = b""
        self._preface = PREFACE
        self._settled = False
        self._block_id = 0
        self._block_bytes = 0
        self._block_frames = 0
        self.whole_count = 0
        self._block_bytes_max = limits.header_bytes_max + limits.target_bytes_max
        self.idle = Allowance(_IDLE_FRAMES_MAX, _IDLE_FRAMES_PER_TICK, tick, "too many frames that carry nothing")
        self.resets = Allowance(_RESETS_MAX, _RESETS_PER_TICK, tick, "too many requests were given up")

    @property
    def awaits(self) -> bool:
        """Whether something has begun that has not come whole: a frame, the headers of a request, the preface."""
        return bool(self._rest or self._block_id or not self._settled)

    @property
    def partial_stream_id(self) -> int:
        """Whose body the frame belongs to that has come in part; 0 for any other frame."""
        rest = self._rest
        return int.from_bytes(rest[5:9], "big") if len(rest) >= 9 and rest[3] == DATA and not self._block_id else 0

    def cut(self, data: bytes, tick: int) -> Iterator[Frame]:
        """The frames that are whole now."""
        if self._preface:
            data = self._after_preface(data)
        data = self._rest + data if self._rest else data
        # Should whoever takes the frames stop in the middle, nothing is read twice.
        self._rest = b""
        at, size = 0, len(data)
        while at + 9 <= size:
            length = int.from_bytes(data[at : at + 3], "big")
            if length > FRAME_BYTES_MAX:
                raise Broken(FRAME_SIZE_ERROR, f"a frame of {length} bytes")
            end = at + 9 + length
            if end > size:
                break
            kind, flags = data[at + 3], data[at + 4]
            stream_id = int.from_bytes(data[at + 5 : at + 9], "big") & 0x7FFFFFFF
            frame = Frame(kind, flags, stream_id, data[at + 9 : end], data[at:end])
            self._check(frame, tick)
            if not self._block_id:
                self.whole_count += 1
            yield frame
            at = end
        self._rest = data[at:]

    def _after_preface(self, data: bytes) -> bytes:
        preface = self._preface
        size = min(len(preface), len(data))
        if data[:size] != preface[:size]:
            raise Broken(PROTOCOL_ERROR, "this is not the preface of HTTP/2")
        self._preface = preface[size:]
        return data[size:]

    def _check(self, frame: Frame, tick: int) -> None:
        kind, flags, stream_id, content, _ = frame
        if not self._settled:
            # RFC 9113, 3.4: the preface is followed by SETTINGS.
            if kind != SETTINGS or flags & _ACK:
                raise Broken(PROTOCOL_ERROR, "the first frame is not SETTINGS")
            self._settled = True
        if self._block_id:
            if kind != CONTINUATION or stream_id != self._block_id:
                raise Broken(PROTOCOL_ERROR, "another frame among the headers of a request")
            self._piece_of_block(frame)
        elif kind == HEADERS:
            self._block_id, self._block_bytes, self._block_frames = stream_id, 0, 0
            self._piece_of_block(frame)
        elif kind == RST_STREAM:
            self.resets.spend(tick)
        elif kind == DATA:
            padding = 1 + content[0] if flags & _PADDED and content else 0
            if len(content) > padding:
                self.idle.earn(1)
            elif not flags & _END_STREAM:
                self.idle.spend(tick)
        else:
            self.idle.spend(tick)

    def _piece_of_block(self, frame: Frame) -> None:
        """A piece of a block of headers, which is bounded before it is whole."""
        self._block_bytes += len(frame.content)
        self._block_frames += 1
        if self._block_bytes > self._block_bytes_max or self._block_frames > _BLOCK_FRAMES_MAX:
            raise Broken(ENHANCE_YOUR_CALM, "too many headers")
        if frame.flags & _END_HEADERS:
            self._block_id = 0


def opening(limits: Limits) -> bytes:
    """The server's first words: its settings, and a wider window for the connection as a whole."""
    settings = (
        (_MAX_CONCURRENT_STREAMS, STREAMS_MAX),
        (_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES),
        (_MAX_HEADER_LIST_SIZE, limits.header_bytes_max),
    )
    content = b"".join(struct.pack(">HI", *setting) for setting in settings)
    return _framed(SETTINGS, content) + _framed(WINDOW_UPDATE, struct.pack(">I", CONNECTION_WINDOW_BYTES - 65_535))


def goaway(last_stream_id: int, code: int, reason: str = "") -> bytes:
    """The frame that ends a connection: what came after `last_stream_id` was not looked at."""
    return _framed(GOAWAY, struct.pack(">II", last_stream_id, code) + reason.encode())


def without_goaway(data: bytes) -> bytes:
    """What is to be sent, but for a goodbye at its end that h2 has said of its own accord, without a reason."""
    return data[:-17] if data[-17:-8] == _framed(GOAWAY, bytes(8))[:9] else data


def modest(frame: Frame) -> bytes:
    """A frame of SETTINGS, without leave to remember more headers than the server cares to.

    The table for the server's headers is the server's memory: RFC 7541, 4.2 lets it stay below what the client allows.
    """
    content = frame.content
    if frame.flags & _ACK or len(content) % 6:
        return frame.whole
    kept = b""
    for at in range(0, len(content), 6):
        name, value = struct.unpack(">HI", content[at : at + 6])
        kept += struct.pack(">HI", name, min(value, TABLE_BYTES_MAX) if name == _HEADER_TABLE_SIZE else value)
    return frame.whole[:9] + kept


def _framed(kind: int, content: bytes) -> bytes:
    return len(content).to_bytes(3, "big") + bytes((kind, 0)) + bytes(4) + content
