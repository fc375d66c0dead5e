"""Statistics by their names: Average, p99.9, tm95, TM(5%:95%), PR(:100), IQM, and what they make of a bucket.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

from foulweather.services.cloudwatch.buckets import Bucket

SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
Statistic = Callable[[Bucket], float | None]
"""A bucket's value, or None where it has none."""

_NUMBER = r"(\d+(?:\.\d{0,10})?)"
_SHORT = re.compile(rf"(p|tm|wm|tc|ts){_NUMBER}")
_RANGE = re.compile(rf"(TM|WM|TC|TS|PR)\((?:{_NUMBER}(%)?)?:(?:{_NUMBER}(%)?)?\)")
Slice = list[tuple[float, float]]


@lru_cache(maxsize=1024)
def parsed(name: str) -> Statistic | None:
    """The statistic of a name, None when there is none."""
    simple = _SIMPLE.get(name)
    if simple is not None:
        return simple
    if name == "IQM":
        return _between("TM", 25.0, 75.0)
    if short := _SHORT.fullmatch(name):
        kind, percent = short[1], float(short[2])
        if percent > 100:
            return None
        if kind == "p":
            return lambda bucket: percentile(bucket, percent)
        return _between(kind.upper(), 0.0, percent)
    ranged = _RANGE.fullmatch(name)
    if ranged is None:
        return None
    kind, low, low_percent, high, high_percent = ranged.groups()
    if low is None and high is None:
        return None
    is_percent = bool(low_percent or high_percent)
    if (low is not None and bool(low_percent) != is_percent) or (high is not None and bool(high_percent) != is_percent):
        return None
    if is_percent:
        if kind == "PR":
            return None
        start, end = float(low or 0), float(high or 100)
        return _between(kind, start, end) if start < end <= 100 else None
    start, end = float(low) if low else -math.inf, float(high) if high else math.inf
    return _within(kind, start, end) if start < end else None


def is_percentile(name: str) -> bool:
    """Whether a statistic is one of single values: those need enough of them."""
    return name not in SIMPLE


def percentile(bucket: Bucket, percent: float) -> float | None:
    """The least value with at least so many per cent of the values at or below it; none if there are negative ones."""
    values = _ordered(bucket)
    if values is None:
        return None
    wanted = bucket.count * percent / 100 - 1e-9
    seen = 0.0
    for value, count in values:
        seen += count
        if seen >= wanted:
            return value
    return values[-1][0]


def _ordered(bucket: Bucket) -> Slice | None:
    """Each value with its count, the least first.

    "Percentiles are not available for metrics when any of the metric values are negative numbers."
    """
    if bucket.values is None or not bucket.count or bucket.low < 0:
        return None
    return sorted(bucket.values.items())


def _slice(values: Slice, total: float, start: float, end: float) -> Slice:
    """What lies between two percentages of the values, those at the edges by their share."""
    first, last = total * start / 100, total * end / 100
    found: Slice = []
    seen = 0.0
    for value, count in values:
        share = min(seen + count, last) - max(seen, first)
        if share > 1e-12:
            found.append((value, share))
        seen += count
    return found


def _between(kind: str, start: float, end: float) -> Statistic:
    def value(bucket: Bucket) -> float | None:
        values = _ordered(bucket)
        if values is None:
            return None
        found = _slice(values, bucket.count, start, end)
        if kind == "WM":
            if not found:
                return None
            # "the values outside the boundaries are considered to be equal to the value at the edge".
            below, above = bucket.count * start / 100, bucket.count * (100 - end) / 100
            total = sum(v * n for v, n in found) + below * found[0][0] + above * found[-1][0]
            return total / bucket.count
        return _told(kind, found, bucket.count)

    return value


def _within(kind: str, low: float, high: float) -> Statistic:
    """Between two values: greater than the lower one, up to the higher one."""

    def value(bucket: Bucket) -> float | None:
        values = _ordered(bucket)
        if values is None:
            return None
        found = [(v, n) for v, n in values if low < v <= high]
        if kind == "WM":
            return sum(min(max(v, low), high) * n for v, n in values) / bucket.count
        return _told(kind, found, bucket.count)

    return value


def _told(kind: str, found: Slice, total: float) -> float | None:
    count = sum(n for _, n in found)
    if kind == "TC":
        return count
    if kind == "TS":
        return sum(v * n for v, n in found)
    if kind == "PR":
        return 100 * count / total
    return sum(v * n for v, n in found) / count if count else None


_SIMPLE: dict[str, Statistic] = {
    "SampleCount": lambda bucket: bucket.count,
    "Average": lambda bucket: bucket.total / bucket.count if bucket.count else None,
    "Sum": lambda bucket: bucket.total,
    "Minimum": lambda bucket: bucket.low,
    "Maximum": lambda bucket: bucket.high,
}
