"""How long a piece of work takes, as a setting says it: `200`, `100-300` or `~200` (milliseconds)."""

from __future__ import annotations

import re
from collections.abc import Callable

from foulweather.world.world import Stream

Duration = Callable[[Stream], int]
"""Draws how many milliseconds it takes this time."""

_WORDS = re.compile(r"(~?)(\d+)(?:-(\d+))?")

# A long tail (lognormal, sigma 0.5): thousandths of the median at each thirty-second of the draws.
_TAIL = (
    229, 394, 464, 517, 563, 604, 642, 678, 714, 749, 783, 818, 853, 888, 924, 962, 1000, 1040, 1082, 1126, 1173,
    1223, 1277, 1336, 1401, 1474, 1558, 1657, 1777, 1933, 2153, 2538, 3750,
)  # fmt: skip


def duration(text: str) -> Duration:
    """The distribution that a setting's text means; raises ValueError for what means none."""
    found = _WORDS.fullmatch(text)
    if found is None or (found[1] and found[3]):
        raise ValueError(f"{text!r} is no time to work: write 200, 100-300 or ~200 (milliseconds)")
    low = int(found[2])
    if found[1]:
        return lambda draws: _tailed(low, draws)
    if found[3]:
        high = int(found[3])
        if high < low:
            raise ValueError(f"{text!r}: {high} is less than {low}")
        span = high - low + 1
        return lambda draws: low + (draws.getrandbits(32) * span >> 32)
    return lambda draws: low


def _tailed(median_ms: int, draws: Stream) -> int:
    place, within = divmod(draws.getrandbits(15), 1024)
    here, there = _TAIL[place], _TAIL[place + 1]
    return median_ms * (1024 * here + (there - here) * within) // 1_024_000
