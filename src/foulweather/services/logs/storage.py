"""Where the events of a stream are: its chunks, how they are merged, and when they expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from foulweather.services.logs import chunks
from foulweather.services.logs.chunks import Entity, Extras, Masks
from foulweather.world.store import Table

# So many chunks of single PutLogEvents, or so many bytes of them, are merged into one.
LOOSE_MAX: Final = 64
LOOSE_BYTES_MAX: Final = 512 * 1024
EVENT_OVERHEAD_BYTES: Final = 26


class Piece(NamedTuple):
    """One chunk of a stream, as the index knows it."""

    first_ms: int
    last_ms: int
    stream: int
    key: str
    events: int
    size: int
    last_seq: int
    ingested_ms: int

    @property
    def stored_bytes(self) -> int:
        """What the chunk counts for."""
        return self.size + EVENT_OVERHEAD_BYTES * self.events


class Storage:
    """The chunks of one stream; rows are keyed by the stream's number and a number of their own."""

    __slots__ = ("_loose", "_loose_bytes", "_next_key", "_rows", "bytes", "count", "next_seq", "pieces", "stream")

    def __init__(self, rows: Table[bytes], stream: int, next_seq: int) -> None:
        self._rows = rows
        self.stream = stream
        self.pieces: list[Piece] = []
        self.next_seq = next_seq
        self.bytes = 0
        self.count = 0
        self._next_key = 0
        self._loose: list[Piece] = []
        self._loose_bytes = 0

    def take(self, key: str, row: bytes) -> None:
        """Index a chunk that was there before."""
        piece = self._indexed(key, row)
        if not chunks.head_of(row).codec:
            self._loosen(piece)
        self._next_key = max(self._next_key, int(key.partition("/")[2]) + 1)
        self.next_seq = max(self.next_seq, piece.last_seq + 1)

    def append(
        self,
        times: Sequence[int],
        messages: Sequence[bytes],
        now_ms: int,
        masks: Masks | None = None,
        entity: Entity | None = None,
        transformed: Mapping[int, str] | None = None,
        untransformed: Mapping[int, str] | None = None,
    ) -> int:
        """Store events in order of time; the number of the first in the stream's sequence."""
        first = self.next_seq
        count = len(times)
        self.next_seq = first + count
        extras = None
        if masks or entity or transformed or untransformed:
            extras = Extras({first + index: spans for index, spans in (masks or {}).items()})
            extras.transformed = {first + index: text for index, text in (transformed or {}).items()}
            extras.untransformed = {first + index: text for index, text in (untransformed or {}).items()}
            if entity:
                extras.entities.append((first, first + count - 1, entity))
        row = chunks.packed(times, range(first, first + count), [now_ms] * count, messages, extras)
        self._loosen(self._put(row))
        if len(self._loose) >= LOOSE_MAX or self._loose_bytes >= LOOSE_BYTES_MAX:
            self._merge()
        return first

    def expire(self, before_ms: int) -> bool:
        """Drop the chunks whose events are all older; whether there were any."""
        gone = [piece for piece in self.pieces if piece.last_ms < before_ms]
        if gone:
            self._drop(gone)
        return bool(gone)

    def clear(self) -> None:
        """Drop everything."""
        self._drop(list(self.pieces))

    def row(self, piece: Piece) -> bytes:
        """A chunk, packed."""
        return self._rows[piece.key]

    @property
    def first_ms(self) -> int | None:
        """The time of the oldest event."""
        return min((piece.first_ms for piece in self.pieces), default=None)

    @property
    def last_ms(self) -> int | None:
        """The time of the newest event."""
        return max((piece.last_ms for piece in self.pieces), default=None)

    @property
    def ingested_ms(self) -> int | None:
        """When events came last."""
        return max((piece.ingested_ms for piece in self.pieces), default=None)

    def _merge(self) -> None:
        loose, self._loose, self._loose_bytes = self._loose, [], 0
        row = chunks.merged([self._rows[piece.key] for piece in loose])
        self._drop(loose)
        self._put(row)

    def _loosen(self, piece: Piece) -> None:
        self._loose.append(piece)
        self._loose_bytes += piece.size

    def _put(self, row: bytes) -> Piece:
        key = f"{self.stream}/{self._next_key}"
        self._next_key += 1
        self._rows.put(key, row)
        return self._indexed(key, row)

    def _indexed(self, key: str, row: bytes) -> Piece:
        _, first_ms, last_ms, count, size, last_seq, ingested_ms = chunks.head_of(row)
        piece = Piece(first_ms, last_ms, self.stream, key, count, size, last_seq, ingested_ms)
        self.pieces.append(piece)
        self.bytes += piece.stored_bytes
        self.count += count
        return piece

    def _drop(self, gone: list[Piece]) -> None:
        keys = {piece.key for piece in gone}
        self.pieces = [piece for piece in self.pieces if piece.key not in keys]
        self._loose = [piece for piece in self._loose if piece.key not in keys]
        self._loose_bytes = sum([piece.size for piece in self._loose])
        for piece in gone:
            self._rows.delete(piece.key)
            self.bytes -= piece.stored_bytes
            self.count -= piece.events
