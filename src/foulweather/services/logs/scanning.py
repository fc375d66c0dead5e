"""Events of many chunks in order of time: found without opening what cannot hold any.

Chunks are opened in the order in which they begin. What is found waits until no chunk that is still closed can
hold anything older; so a page needs no more chunks open than overlap it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from foulweather.services.logs import chunks
from foulweather.services.logs.chunks import Chunk, Entity, Spans
from foulweather.services.logs.filter_patterns import Pattern
from foulweather.services.logs.storage import Piece, Storage

# An event's id: its time, when it came, its stream, its number in the stream; AWS's too begin with the time.
_INGESTED_BITS: Final = 44
_STREAM_BITS: Final = 36
_SEQ_BITS: Final = 64
TIME_SHIFT: Final = _INGESTED_BITS + _STREAM_BITS + _SEQ_BITS
ID_DIGITS: Final = 56


class Found(NamedTuple):
    """An event that was found."""

    id: int
    time_ms: int
    ingested_ms: int
    stream: int
    message: str
    spans: Spans | None
    entity: Entity | None = None
    transformed: str | None = None
    error: str | None = None

    @property
    def masked(self) -> str:
        """The message as it is shown to whoever may not see what is sensitive."""
        return self.message if self.spans is None else masked(self.message, self.spans)


class Position(NamedTuple):
    """What an id says about its event."""

    time_ms: int
    stream: int
    seq: int


def id_of(time_ms: int, ingested_ms: int, stream: int, seq: int) -> int:
    """An event's id, which sorts as AWS sorts events: by time, by when they came, by their place."""
    return (((time_ms << _INGESTED_BITS | ingested_ms) << _STREAM_BITS) | stream) << _SEQ_BITS | seq


def position(event_id: int) -> Position:
    """Where an event is, by its id."""
    stream = event_id >> _SEQ_BITS & (1 << _STREAM_BITS) - 1
    return Position(event_id >> TIME_SHIFT, stream, event_id & (1 << _SEQ_BITS) - 1)


def shown(event_id: int) -> str:
    """An id as clients see it: 56 digits."""
    return str(event_id).zfill(ID_DIGITS)


def masked(message: str, spans: Spans) -> str:
    """A message with stars for what is sensitive in it."""
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts.append(message[at:start])
        parts.append("*" * (end - start))
        at = end
    parts.append(message[at:])
    return "".join(parts)


class Scan:
    """A look through chunks for events with ids in [`low`, `high`); `resume_at` is where it stopped for its budget."""

    def __init__(
        self,
        storages: Mapping[int, Storage],
        low: int,
        high: int,
        pattern: Pattern | None = None,
        *,
        bytes_max: int = 0,
        shows_masked: bool = False,
    ) -> None:
        self._storages = storages
        self._low = low
        self._high = high
        self._pattern = pattern if pattern is not None and type(pattern) is not Pattern else None
        self._bytes_max = bytes_max
        self._shows_masked = shows_masked
        self.resume_at: int | None = None
        self.scanned_bytes = 0

    def forward(self) -> Iterator[Found]:
        """The events, oldest first."""
        waiting: list[Found] = []
        for piece in sorted(self._pieces()):
            floor = piece.first_ms << TIME_SHIFT
            while waiting and waiting[0].id < floor:
                yield heapq.heappop(waiting)
            if self._bytes_max and self.scanned_bytes > self._bytes_max and floor > self._low:
                self.resume_at = floor
                return
            for found in self._found(piece):
                heapq.heappush(waiting, found)
        while waiting:
            yield heapq.heappop(waiting)

    def backward(self) -> Iterator[Found]:
        """The events, newest first."""
        waiting: list[tuple[int, Found]] = []
        for piece in sorted(self._pieces(), key=_end, reverse=True):
            ceiling = (piece.last_ms + 1) << TIME_SHIFT
            while waiting and -waiting[0][0] >= ceiling:
                yield heapq.heappop(waiting)[1]
            for found in self._found(piece):
                heapq.heappush(waiting, (-found.id, found))
        while waiting:
            yield heapq.heappop(waiting)[1]

    def chunks(self) -> Iterator[tuple[int, Chunk, int, int]]:
        """Streams and chunks, and from where to where their events are in the range, which is of whole milliseconds.

        Chunks come in the order in which they begin: who wants events in order, where chunks overlap, has to sort.
        """
        for piece in sorted(self._pieces()):
            chunk = chunks.opened(self._storages[piece.stream].row(piece))
            start = bisect_left(chunk.times, self._low >> TIME_SHIFT)
            yield piece.stream, chunk, start, bisect_left(chunk.times, self._high >> TIME_SHIFT)

    def _pieces(self) -> Iterable[Piece]:
        first_ms, last_ms = self._low >> TIME_SHIFT, self._high >> TIME_SHIFT
        for storage in self._storages.values():
            for piece in storage.pieces:
                if piece.last_ms >= first_ms and piece.first_ms <= last_ms:
                    yield piece

    def _found(self, piece: Piece) -> Iterator[Found]:
        """The events of a chunk that are within the range and match."""
        row = self._storages[piece.stream].row(piece)
        self.scanned_bytes += piece.stored_bytes
        chunk = chunks.opened(row)
        pattern, stream = self._pattern, piece.stream
        times, seqs, ingested, masks = chunk.times, chunk.seqs, chunk.ingested, chunk.extras.masks
        entity = chunk.entity if chunk.extras.entities else None
        made, failed = chunk.extras.transformed, chunk.extras.untransformed
        low, high = self._low, self._high
        start = bisect_left(times, low >> TIME_SHIFT)
        end = bisect_right(times, high >> TIME_SHIFT)
        indexes: Sequence[int] | Iterable[int] = range(start, end)
        if pattern is not None and pattern.needle and not (pattern.is_json and b"\\u" in chunk.text):
            indexes = _holding(chunk, pattern.needle, start, end)
        matches: Callable[[str], bool] | None = pattern.matches if pattern is not None else None
        for index in indexes:
            time_ms, seq = times[index], seqs[index]
            event_id = id_of(time_ms, ingested[index], stream, seq)
            if not low <= event_id < high:
                continue
            message = chunk.message(index)
            spans = masks.get(seq)
            seen = message if spans is None or self._shows_masked else masked(message, spans)
            if matches is None or matches(seen):
                wrote = None if entity is None else entity(seq)
                yield Found(
                    event_id, time_ms, ingested[index], stream, message, spans, wrote, made.get(seq), failed.get(seq)
                )


def _holding(chunk: Chunk, needle: bytes, start: int, end: int) -> Iterator[int]:
    """The events in whose messages a text is, or across whose end it lies."""
    ends, find = chunk.ends, chunk.text.find
    at = find(needle, ends[start - 1] if start else 0)
    while at >= 0:
        index = bisect_right(ends, at)
        if index >= end:
            return
        yield index
        at = find(needle, ends[index])


def _end(piece: Piece) -> int:
    return piece.last_ms
