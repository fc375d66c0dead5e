"""Log events packed into rows of bytes: columns of numbers, then the messages one after the other.

A chunk is what one PutLogEvents brought, or many of those merged, sorted and compressed. Its head can be read
without the rest, so an index of a million events is an index of a few thousand chunks.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import msgspec

_HEAD: Final = struct.Struct("<BqqIIqq")
_COMPRESSED: Final = 1

Spans = list[tuple[int, int]]
"""The parts of a message that are masked, in characters."""
Masks = dict[int, Spans]
"""The masked parts of a chunk's events, by sequence number."""

Entity = dict[str, str]
"""What PutLogEvents said of the entity that wrote: `KeyAttributes.Name` and so on."""


class Extras(msgspec.Struct, array_like=True):
    """What few events have: masked parts, entities (of the events from a first number to a last), what a transformer
    made of them, and why it could not.
    """

    masks: Masks = {}
    entities: list[tuple[int, int, Entity]] = []
    transformed: dict[int, str] = {}
    untransformed: dict[int, str] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no event has anything."""
        return not (self.masks or self.entities or self.transformed or self.untransformed)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Extras).decode
_NO_EXTRAS: Final = Extras()


class Head(NamedTuple):
    """What is known of a chunk without opening it; `size` is its messages' bytes."""

    codec: int
    first_ms: int
    last_ms: int
    events: int
    size: int
    last_seq: int
    ingested_ms: int


class Chunk:
    """An open chunk: a column for each property of its events; `ends` are where messages end in `text`."""

    __slots__ = ("ends", "extras", "ingested", "seqs", "text", "times")

    def __init__(
        self,
        times: Sequence[int],
        seqs: Sequence[int],
        ingested: Sequence[int],
        ends: Sequence[int],
        text: bytes,
        extras: Extras,
    ) -> None:
        self.times = times
        self.seqs = seqs
        self.ingested = ingested
        self.ends = ends
        self.text = text
        self.extras = extras

    def message(self, index: int) -> str:
        """An event's message."""
        return self.text[self.ends[index - 1] if index else 0 : self.ends[index]].decode()

    def entity(self, seq: int) -> Entity | None:
        """The entity that wrote an event, if that was told."""
        return next((entity for first, last, entity in self.extras.entities if first <= seq <= last), None)


def packed(
    times: Sequence[int],
    seqs: Sequence[int],
    ingested: Sequence[int],
    messages: Sequence[bytes],
    extras: Extras | None = None,
    *,
    compress: bool = False,
) -> bytes:
    """Events in order of time as a row."""
    text = b"".join(messages)
    hidden = _encode(extras) if extras is not None else b""
    body = b"".join(
        (
            array("q", times).tobytes(),
            array("q", seqs).tobytes(),
            array("q", ingested).tobytes(),
            array("I", [len(message) for message in messages]).tobytes(),
            struct.pack("<I", len(hidden)),
            hidden,
            text,
        )
    )
    codec = 0
    if compress:
        codec, body = _COMPRESSED, zlib.compress(body, 1)
    head = _HEAD.pack(codec, times[0], times[-1], len(times), len(text), max(seqs), max(ingested))
    return head + body


def head_of(row: bytes) -> Head:
    """The head of a packed chunk."""
    return Head(*_HEAD.unpack_from(row))


def opened(row: bytes) -> Chunk:
    """A packed chunk, opened."""
    codec, _, _, count, _, _, _ = _HEAD.unpack_from(row)
    body = memoryview(row)[_HEAD.size :]
    if codec == _COMPRESSED:
        body = memoryview(zlib.decompress(body))
    columns: list[array[int]] = []
    at = 0
    for _ in range(3):
        columns.append(array("q", body[at : at + 8 * count].tobytes()))
        at += 8 * count
    lengths = array("I", body[at : at + 4 * count].tobytes())
    at += 4 * count
    (hidden,) = struct.unpack_from("<I", body, at)
    at += 4
    extras = _decode(body[at : at + hidden]) if hidden else _NO_EXTRAS
    times, seqs, ingested = columns
    return Chunk(times, seqs, ingested, list(accumulate(lengths)), bytes(body[at + hidden :]), extras)


def merged(rows: Iterable[bytes]) -> bytes:
    """Several chunks as one, in order of time and arrival."""
    events: list[tuple[int, int, int, bytes]] = []
    extras = Extras()
    for row in rows:
        chunk = opened(row)
        extras.masks.update(chunk.extras.masks)
        extras.entities.extend(chunk.extras.entities)
        extras.transformed.update(chunk.extras.transformed)
        extras.untransformed.update(chunk.extras.untransformed)
        start, text = 0, chunk.text
        for time, seq, ingested, end in zip(chunk.times, chunk.seqs, chunk.ingested, chunk.ends, strict=True):
            events.append((time, seq, ingested, text[start:end]))
            start = end
    events.sort()
    times, seqs, ingests, messages = zip(*events, strict=True)
    return packed(times, seqs, ingests, messages, None if extras.is_empty else extras, compress=True)
