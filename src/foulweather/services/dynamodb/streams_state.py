"""The streams of an account in a region: shards, and the records of changes in them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from foulweather.services.dynamodb.language.values import Item
from foulweather.world.store import State, table

SHARD_MS = 4 * 3_600_000
KEPT_MS = 24 * 3_600_000
SEQUENCE_STEP = 100_000_000
# Sequence numbers have 21 to 40 digits: this is added to the numbers of the rows, which must fit in 64 bits.
SEQUENCE_BASE = 10**20


class Shard(msgspec.Struct):
    """A run of a partition's records; closed when it has an `ended_ms`."""

    id: str
    parent: str
    low: int
    opened_ms: int
    first: int
    last: int = 0
    ended_ms: int = 0


class Stream(msgspec.Struct):
    """A table's stream; `disabled_ms` when it was turned off, after which it can be read for a day."""

    arn: str
    label: str
    table: str
    view: str
    key_schema: list[dict[str, str]]
    created_ms: int
    shards: list[Shard] = []
    disabled_ms: int = 0
    status: str = "ENABLED"


class Record(msgspec.Struct):
    """One change of one item."""

    shard: str
    sequence: int
    at_ms: int
    event: str
    id: str
    keys: Item
    size_bytes: int
    new: Item | None = None
    old: Item | None = None
    user: str = ""


class StreamState(State):
    """The streams of an account in a region, by ARN, and their records in the order in which they were written."""

    streams = table(Stream)
    records = table(Record)

    def opened(self) -> None:
        """Put every record back in its shard, in order, and find the last sequence number."""
        self.by_shard: dict[str, list[Record]] = {}
        self.reads: dict[str, tuple[int, int]] = {}
        self._last = 0
        for record in sorted(self.records.values(), key=_by_sequence):
            self.by_shard.setdefault(record.shard, []).append(record)
        for stream in self.streams.values():
            for shard in stream.shards:
                self._last = max(self._last, shard.first, shard.last)
        self._last = max([self._last, *(record.sequence for record in self.records.values())])

    @property
    def last(self) -> int:
        """The last sequence number that was given out."""
        return self._last

    # --- streams and shards

    def start(self, stream: Stream, lows: Sequence[int], now_ms: int) -> None:
        """Begin a stream, with a shard for each partition."""
        for low in lows:
            self._open(stream, low, "", now_ms)
        self.streams.put(stream.arn, stream)

    def stop(self, arn: str, now_ms: int, status: str = "DISABLED") -> None:
        """End a stream; its records can be read while they last."""
        stream = self.streams.get(arn)
        if stream is not None and not stream.disabled_ms:
            stream.disabled_ms, stream.status = now_ms, status
            for shard in stream.shards:
                self._close(shard, now_ms)
            self.streams.touch(arn)

    def stopped(self, arn: str) -> None:
        """The end of a stream has reached all of its shards."""
        stream = self.streams.get(arn)
        if stream is not None and stream.status == "DISABLING":
            stream.status = "DISABLED"
            self.streams.touch(arn)

    def split(self, arn: str, lows: Sequence[int], now_ms: int) -> None:
        """Partitions were split: each new one gets a shard, child of the one that it was a part of."""
        stream = self.streams.get(arn)
        if stream is None:
            return
        opened = sorted((shard for shard in stream.shards if not shard.ended_ms), key=_by_low)
        for place, shard in enumerate(opened):
            end = opened[place + 1].low if place + 1 < len(opened) else 1 << 64
            within = [low for low in lows if shard.low <= low < end]
            if len(within) > 1:
                self._close(shard, now_ms)
                for low in within:
                    self._open(stream, low, shard.id, now_ms)
        self.streams.touch(arn)

    def current(self, stream: Stream, place: int, now_ms: int) -> Shard:
        """The open shard of a place in the key space; a shard is closed after four hours and goes on in a child."""
        found = next(
            shard
            for shard in sorted(stream.shards, key=_by_low, reverse=True)
            if not shard.ended_ms and shard.low <= place
        )
        if now_ms - found.opened_ms >= SHARD_MS:
            self._close(found, now_ms)
            found = self._open(stream, found.low, found.id, now_ms)
            self.forget_old(stream, now_ms)
            self.streams.touch(stream.arn)
        return found

    def _open(self, stream: Stream, low: int, parent: str, now_ms: int) -> Shard:
        first = self._next()
        shard = Shard(f"shardId-{now_ms:020d}-{first // SEQUENCE_STEP % 16**8:08x}", parent, low, now_ms, first)
        stream.shards.append(shard)
        return shard

    def _close(self, shard: Shard, now_ms: int) -> None:
        if not shard.ended_ms:
            shard.ended_ms = now_ms
            shard.last = self._next()

    def _next(self) -> int:
        self._last += SEQUENCE_STEP
        return self._last

    # --- records

    def write(self, arn: str, place: int, record: Record) -> Record:
        """Append one record to the shard of its partition."""
        stream = self.streams[arn]
        shard = self.current(stream, place, record.at_ms)
        record.shard = shard.id
        record.sequence = self._next()
        self.records.put(f"{shard.id}/{record.sequence}", record)
        self.by_shard.setdefault(shard.id, []).append(record)
        return record

    def forget_old(self, stream: Stream, now_ms: int) -> None:
        """Drop records after a day, and closed shards that have none left."""
        kept: list[Shard] = []
        for shard in stream.shards:
            records = self.by_shard.get(shard.id, [])
            old = 0
            while old < len(records) and records[old].at_ms + KEPT_MS <= now_ms:
                self.records.delete(f"{shard.id}/{records[old].sequence}")
                old += 1
            del records[:old]
            if shard.ended_ms and shard.ended_ms + KEPT_MS <= now_ms:
                self.by_shard.pop(shard.id, None)
            else:
                kept.append(shard)
        if len(kept) < len(stream.shards):
            stream.shards = kept
            self.streams.touch(stream.arn)

    def remove(self, arn: str) -> None:
        """Remove a stream with its records."""
        stream = self.streams.get(arn)
        if stream is None:
            return
        for shard in stream.shards:
            for record in self.by_shard.pop(shard.id, []):
                self.records.delete(f"{shard.id}/{record.sequence}")
        self.streams.delete(arn)


def shown(sequence: int) -> str:
    """A sequence number as clients see it."""
    return str(SEQUENCE_BASE + sequence)


def _by_sequence(record: Record) -> int:
    return record.sequence


def _by_low(shard: Shard) -> int:
    return shard.low
