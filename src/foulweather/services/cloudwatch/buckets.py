"""What is kept of the values of one minute (or second): their statistics and how often each value came.

Up to `EXACT_MAX` different values are kept as they are; more are put together in bins of one per cent, and of more
when that is not enough: percentiles of such a minute are that near. Memory is bounded whatever is published.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

EXACT_MAX = 150
_BIN = math.log(1.01)


class Bucket(msgspec.Struct, array_like=True):
    """Some values: how many, their sum, the least, the greatest, and each with its count.

    `values` is None where a statistic set came that says nothing about single values. `seconds` holds the same by
    second where values came at high resolution.
    """

    count: float = 0.0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    values: dict[float, float] | None = msgspec.field(default_factory=dict[float, float])
    seconds: dict[int, Bucket] | None = None

    def add(self, value: float, count: float = 1.0) -> None:
        """Count a value some times."""
        value = float(value)  # an int would come back from its row as a float
        self.count += count
        self.total += value * count
        if value < self.low:
            self.low = value
        if value > self.high:
            self.high = value
        values = self.values
        if values is not None:
            values[value] = values.get(value, 0.0) + count
            if len(values) > EXACT_MAX:
                self.values = binned(values)

    def add_set(self, count: float, total: float, low: float, high: float) -> None:
        """Count a statistic set; only one whose values are all the same tells what they are.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
        """
        if low == high and math.isclose(total, low * count, rel_tol=1e-9, abs_tol=1e-9):
            self.add(low, count)
            return
        self.count += count
        self.total += total
        self.low = min(self.low, low)
        self.high = max(self.high, high)
        self.values = None

    def merge(self, other: Bucket) -> None:
        """Take another bucket's values in."""
        if not other.count:
            return
        self.count += other.count
        self.total += other.total
        if other.low < self.low:
            self.low = other.low
        if other.high > self.high:
            self.high = other.high
        values = self.values
        if values is None or other.values is None:
            self.values = None
            return
        for value, count in other.values.items():
            values[value] = values.get(value, 0.0) + count
        if len(values) > EXACT_MAX:
            self.values = binned(values)


class Gathered(Bucket, array_like=True):
    """Buckets put together for somebody who reads them; a plain bucket is a series' own, and not to be changed."""

    def take(self, count: float, total: float, low: float, high: float) -> None:
        """Take in a bucket's statistics, without its values."""
        self.count += count
        self.total += total
        if low < self.low:
            self.low = low
        if high > self.high:
            self.high = high


def gathered(into: dict[int, Bucket], start_ms: int) -> Gathered:
    """The bucket of a period, ready to be added to."""
    held = into.get(start_ms)
    if isinstance(held, Gathered):
        return held
    found = into[start_ms] = Gathered()
    if held is not None:
        found.merge(held)
    return found


def binned(values: dict[float, float]) -> dict[float, float]:
    """Values put together by nearness, so that at most two thirds of the exact ones are left."""
    width = _BIN
    while True:
        bins: dict[float, float] = {}
        for value, count in values.items():
            middle = _middle(value, width)
            bins[middle] = bins.get(middle, 0.0) + count
        if len(bins) <= EXACT_MAX * 2 // 3:
            return bins
        width *= 2


def _middle(value: float, width: float) -> float:
    if value == 0:
        return 0.0
    size = math.exp(round(math.log(abs(value)) / width) * width)
    return float(f"{math.copysign(size, value):.12g}")


Summary = tuple[int, float, float, float, float]
"""A minute, and the count, sum, least and greatest of what came from then on."""

HOUR_MINUTES = 60


class Block(msgspec.Struct, array_like=True):
    """Buckets as they are kept: what each hour came to, for those who ask no more, and the buckets' own rows."""

    hours: list[Summary]
    rows: msgspec.Raw


_encode = msgspec.msgpack.Encoder().encode
_decode_block = msgspec.msgpack.Decoder(Block).decode
_decode_rows = msgspec.msgpack.Decoder(list[list[float | dict[float, float] | None]]).decode


def packed(buckets: dict[int, Bucket]) -> bytes:
    """Buckets by their time, small: one value alone takes a dozen bytes."""
    rows: list[list[float | dict[float, float] | None]] = []
    hours: dict[int, Gathered] = {}
    for at, bucket in sorted(buckets.items()):
        hour = hours.get(at - at % HOUR_MINUTES)
        if hour is None:
            hour = hours[at - at % HOUR_MINUTES] = Gathered(values=None)
        hour.take(bucket.count, bucket.total, bucket.low, bucket.high)
        values = bucket.values
        if values is not None and len(values) == 1:
            ((value, count),) = values.items()
            rows.append([at, _small(value), _small(count)])
        else:
            rows.append(
                [at, _small(bucket.count), _small(bucket.total), _small(bucket.low), _small(bucket.high), values]
            )
    summaries = [(at, hour.count, hour.total, hour.low, hour.high) for at, hour in hours.items()]
    return _encode(Block(summaries, msgspec.Raw(_encode(rows))))


def hourly(block: bytes) -> list[Summary]:
    """The statistics of each hour of what was packed."""
    return _decode_block(block).hours


def statistics(block: bytes) -> Iterator[Summary]:
    """The statistics of each bucket that was packed."""
    for row in _decode_rows(_decode_block(block).rows):
        if len(row) == 3:
            at, value, count = row
            yield int(at), count, value * count, value, value  # type: ignore[arg-type, misc, operator]
        else:
            at, count, total, low, high = row[:5]
            yield int(at), count, total, low, high  # type: ignore[arg-type, misc]


def unpacked(block: bytes) -> dict[int, Bucket]:
    """What was packed."""
    buckets: dict[int, Bucket] = {}
    for row in _decode_rows(_decode_block(block).rows):
        if len(row) == 3:
            at, value, count = float(row[0]), float(row[1]), float(row[2])  # type: ignore[arg-type]
            buckets[int(at)] = Bucket(count, value * count, value, value, {value: count})
        else:
            at, count, total, low, high = (float(each) for each in row[:5])  # type: ignore[arg-type]
            values = row[5]
            buckets[int(at)] = Bucket(count, total, low, high, values)  # type: ignore[arg-type]
    return buckets


def _small(value: float) -> float:
    return int(value) if float(value).is_integer() else value
