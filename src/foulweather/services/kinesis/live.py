"""A stream at work: what is derived of it and of its shards, and forgotten when the server stops."""

from __future__ import annotations

from bisect import bisect_right
from hashlib import md5

from foulweather.kernel.parking import Parking
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.kinesis import limits, sequence
from foulweather.services.kinesis.records import Consumer, Entry, Put, Shard, Stream

KEYS_MAX = 8_192
_COMPACTED = 1_024


class Lane:
    """A shard's records, at their places from `first` up to `next`, and how much it has been given and asked of.

    Levels of buckets count thousandths, so that they refill in whole numbers with each millisecond.
    """

    __slots__ = (
        "base",
        "bytes_level",
        "first",
        "id",
        "iterators_level",
        "iterators_ms",
        "kept",
        "low",
        "next",
        "number",
        "parking",
        "prefix",
        "read_level",
        "read_ms",
        "reads_level",
        "records_level",
        "shard",
        "start",
        "tallied",
        "tally",
        "tally_second",
        "written_ms",
    )

    def __init__(self, stream: Stream, shard: Shard) -> None:
        self.shard = shard
        self.number = shard.number
        self.id = shard.id
        self.base = sequence.base(shard)
        self.prefix = f"{stream.id}/{shard.number}/"
        self.low = int(shard.low)
        self.first = self.next = self.start = 1
        self.kept: list[Entry | None] = []
        self.written_ms = self.read_ms = self.iterators_ms = 0
        self.bytes_level = stream.record_kib_max * 1024 * 1000
        self.records_level = limits.WRITE_RECORDS_PER_S * 1000
        self.reads_level = limits.READS_PER_S * 1000
        self.read_level = limits.READ_BYTES_PER_S * 1000
        self.iterators_level = limits.ITERATORS_PER_S * 1000
        self.tally: dict[str, int] = {}
        self.tally_second = self.tallied = 0
        self.parking = Parking()

    def restore(self, entries: dict[int, Entry]) -> None:
        """Take the records that the store holds."""
        # What lies before a gap was trimmed, and is there because other records of its call were not.
        self.next = at = max(entries) + 1
        while at - 1 in entries:
            at -= 1
            self.kept.append(entries[at])
        self.kept.reverse()
        self.first = self.start = at

    def entry(self, place: int) -> Entry:
        """The record at a place that was not trimmed."""
        found = self.kept[place - self.start]
        assert found is not None
        return found

    def drop_first(self) -> Entry:
        """Let go of the oldest record."""
        found = self.entry(self.first)
        self.kept[self.first - self.start] = None
        self.first += 1
        gone = self.first - self.start
        if gone > _COMPACTED and 2 * gone > len(self.kept):
            del self.kept[:gone]
            self.start = self.first
        return found


class Live:
    """A stream with its lanes, the open ones in the order of their hash keys."""

    __slots__ = (
        "_digests",
        "arn",
        "keyed",
        "lanes",
        "lows",
        "minute",
        "minute_bytes",
        "minute_records",
        "open",
        "openers",
        "policy",
        "puts",
        "sealers",
        "stream",
        "subscriptions",
        "trimmed",
    )

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.arn = stream.arn
        self.lanes = {shard.number: Lane(stream, shard) for shard in stream.shards}
        self.policy = held(self.arn, stream.policy)
        self.sealers: dict[str, int] = {}
        self.openers: dict[tuple[str, int], int] = {}
        self.subscriptions: dict[tuple[str, int], tuple[int, str]] = {}
        self.puts = 1
        """The number of the next Put."""
        self.trimmed = 0
        """The minute in which old records were last looked for."""
        self.keyed: dict[str, tuple[Lane, int]] = {}
        """Partition keys met of late: where they belong, and how many bytes they have."""
        self.minute = self.minute_bytes = self.minute_records = 0
        self.lows: list[int] = []
        self._digests: list[bytes] = []
        self.open: list[Lane] = []
        self.arranged()

    def arranged(self) -> None:
        """Find the open lanes anew: shards were opened or closed."""
        lanes = [lane for lane in self.lanes.values() if not lane.shard.closed_ms]
        self.open = sorted(lanes, key=_by_low)
        self.lows = [lane.low for lane in self.open]
        self._digests = [lane.low.to_bytes(16, "big") for lane in self.open]
        self.keyed.clear()

    def lane_of(self, hash_key: int) -> Lane:
        """The open lane that a hash key belongs to."""
        return self.open[bisect_right(self.lows, hash_key) - 1]

    def lane_of_key(self, key: str) -> tuple[Lane, int]:
        """The open lane that a partition key belongs to, by its MD5, and how many bytes the key has."""
        found = self.keyed.get(key)
        if found is None:
            encoded = key.encode()
            if len(self.keyed) >= KEYS_MAX:
                self.keyed.clear()
            at = bisect_right(self._digests, md5(encoded, usedforsecurity=False).digest())
            found = self.keyed[key] = self.open[at - 1], len(encoded)
        return found

    def begin_put(self, now_ms: int) -> Put:
        """A Put without records."""
        stream = self.stream
        sealed = len(stream.data_keys) if stream.key_id else 0
        return Put(self.puts, now_ms, sealed, [], [], [], [])

    def horizon_ms(self, now_ms: int) -> int:
        """What came before this time cannot be read any more."""
        return max(self.stream.horizon_ms, now_ms - self.stream.retention_h * 3_600_000)


class LiveConsumer:
    """A consumer with its parsed policy."""

    __slots__ = ("consumer", "policy")

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.policy = held(consumer.arn, consumer.policy)


def held(arn: str, document: str) -> Held | None:
    """A resource policy, parsed."""
    return Held(arn, "resource", parse(document, "resource")) if document else None


def _by_low(lane: Lane) -> int:
    return lane.low
