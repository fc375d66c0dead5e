"""How fast a function's time grows with its input, from a few measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import log
from statistics import median

import msgspec

Measure = Callable[[int], int | None]
CLEAR_NS = 3_000_000
"""Shorter times say more about the machine than about the function."""
ENOUGH_NS = 300_000_000
POINTS_MAX = 4
STEEP = 4.5
"""No polynomial that people write by accident has a higher power."""
NAMES = ((0.5, "constant"), (1.35, "linear or n log n"), (2.5, "quadratic, O(n²)"), (STEEP, "cubic, O(n³)"))


class Growth(msgspec.Struct):
    """What was measured, and the power of n that fits; none where too little could be measured."""

    points: list[tuple[int, int]]
    """Sizes, and microseconds of CPU."""
    power: float | None
    name: str


def measured(measure: Measure, sizes: Sequence[int]) -> Growth:
    """Measure one size after another until it takes long, and fit."""
    points: list[tuple[int, int]] = []
    for size in sizes:
        spent_ns = measure(size)
        if spent_ns is None:
            break
        points.append((size, spent_ns))
        if spent_ns > ENOUGH_NS:
            break
    return fitted(points)


def fitted(points: Sequence[tuple[int, int]]) -> Growth:
    """Fit a power to sizes and nanoseconds."""
    told = [(size, spent_ns // 1000) for size, spent_ns in points]
    clear = [(size, spent_ns) for size, spent_ns in points if spent_ns >= CLEAR_NS][-POINTS_MAX:]
    if len(clear) < 2:
        return Growth(told, None, "unclear")
    slopes = [
        log(spent / spent_before) / log(size / size_before)
        for (size_before, spent_before), (size, spent) in pairwise(clear)
    ]
    power = median(slopes)
    name = next((name for most, name in NAMES if power < most), "exponential, or nearly")
    return Growth(told, round(power, 1), name)
