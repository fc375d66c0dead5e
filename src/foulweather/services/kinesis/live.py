"""A stream at work: what is derived of it and of its shards, and forgotten when the server stops."""

from __future__ import annotations

from bisect import bisect_right

from foulweather.kernel.parking import Parking
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.kinesis import limits, sequence
from foulweather.services.kinesis.records import Consumer, Shard, Stream


class Lane:
    """A shard's records, by their places from `first` up to `next`, and how much it has been given and asked of.

    Levels of buckets count thousandths, so that they refill in whole numbers with each millisecond.
    """

    __slots__ = (
        "base",
        "bytes_level",
        "first",
        "id",
        "iterators_level",
        "iterators_ms",
        "keys",
        "keys_second",
        "low",
        "next",
        "parking",
        "prefix",
        "read_level",
        "read_ms",
        "reads_level",
        "records_level",
        "shard",
        "written_ms",
    )

    def __init__(self, stream: Stream, shard: Shard) -> None:
        self.shard = shard
        self.id = shard.id
        self.base = sequence.base(shard)
        self.prefix = f"{stream.id}/{shard.number}/"
        self.low = int(shard.low)
        self.first = self.next = 1
        self.written_ms = self.read_ms = self.iterators_ms = 0
        self.bytes_level = stream.record_kib_max * 1024 * 1000
        self.records_level = limits.WRITE_RECORDS_PER_S * 1000
        self.reads_level = limits.READS_PER_S * 1000
        self.read_level = limits.READ_BYTES_PER_S * 1000
        self.iterators_level = limits.ITERATORS_PER_S * 1000
        self.keys: dict[str, int] = {}
        self.keys_second = 0
        self.parking = Parking()


class Live:
    """A stream with its lanes, the open ones in the order of their hash keys."""

    __slots__ = (
        "arn",
        "lanes",
        "lows",
        "minute",
        "minute_bytes",
        "minute_records",
        "open",
        "openers",
        "policy",
        "sealers",
        "stream",
        "subscriptions",
    )

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.arn = stream.arn
        self.lanes = {shard.number: Lane(stream, shard) for shard in stream.shards}
        self.policy = held(self.arn, stream.policy)
        self.sealers: dict[str, int] = {}
        self.openers: dict[tuple[str, int], int] = {}
        self.subscriptions: dict[tuple[str, int], tuple[int, str]] = {}
        self.minute = self.minute_bytes = self.minute_records = 0
        self.lows: list[int] = []
        self.open: list[Lane] = []
        self.arranged()

    def arranged(self) -> None:
        """Find the open lanes anew: shards were opened or closed."""
        lanes = [lane for lane in self.lanes.values() if not lane.shard.closed_ms]
        self.open = sorted(lanes, key=_by_low)
        self.lows = [lane.low for lane in self.open]

    def lane_of(self, hash_key: int) -> Lane:
        """The open lane that a hash key belongs to."""
        return self.open[bisect_right(self.lows, hash_key) - 1]

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
