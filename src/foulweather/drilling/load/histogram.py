"""How often each value came, in integer buckets that are exact below 128 and within 1.6 % above."""

from __future__ import annotations

from collections.abc import Iterable

_EXACT_BITS = 7
_HALF = 1 << (_EXACT_BITS - 1)


class Histogram:
    """Counts of whole numbers; percentiles are a bucket's upper end, and never above the largest value seen."""

    __slots__ = ("buckets", "count", "largest", "total")

    def __init__(self, values: Iterable[int] = ()) -> None:
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.total = 0
        self.largest = 0
        for value in values:
            self.add(value)

    def add(self, value: int) -> None:
        """Count one value."""
        bucket, buckets = value, self.buckets
        if value >= 128:  # values of one power of two share 64 buckets
            shift = value.bit_length() - _EXACT_BITS
            bucket = (shift << (_EXACT_BITS - 1)) + (value >> shift)
        buckets[bucket] = buckets.get(bucket, 0) + 1
        self.count += 1
        self.total += value
        if value > self.largest:
            self.largest = value

    def merge(self, other: Histogram) -> None:
        """Count what another has counted."""
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count
        self.count += other.count
        self.total += other.total
        self.largest = max(self.largest, other.largest)

    def percentile(self, percent: int, of: int = 100) -> int:
        """The value that so many of a hundred do not exceed (0 where there are none); `of=1000` for thousandths."""
        rank = -(-self.count * percent // of)
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank:
                return min(_upper(bucket), self.largest)
        return 0

    def summary(self) -> dict[str, int]:
        """The usual percentiles, as JSON."""
        return {
            "count": self.count,
            "mean": self.total // self.count if self.count else 0,
            **{f"p{percent}": self.percentile(percent) for percent in (50, 90, 95, 99)},
            "max": self.largest,
        }


def _upper(bucket: int) -> int:
    if bucket < 128:
        return bucket
    shift = (bucket >> (_EXACT_BITS - 1)) - 1
    return (((bucket & (_HALF - 1)) | _HALF) + 1 << shift) - 1
