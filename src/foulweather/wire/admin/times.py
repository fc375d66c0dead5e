"""Durations and times as people write them, in whole milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
TIME_MS_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999, the last that can be written."""
WORLD_MS_MAX = 221_845_392_000_000
"""The year 9000: a world goes no further, so that what is due later can still be written."""
_PART = re.compile(r"([0-9]+)(ms|[smhdw])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_duration(text: str) -> int:
    """Milliseconds of `90s`, `3h`, `1d12h` or `250ms`; raises ValueError for anything else."""
    compact = text.strip().replace(" ", "")
    total = position = 0
    for part in _PART.finditer(compact):
        if part.start() != position:
            break
        total += int(part[1]) * UNITS_MS[part[2]]
        position = part.end()
    if not compact or position != len(compact):
        raise ValueError(f"{text!r} is no duration: write 250ms, 90s, 5m, 3h, 2d or 1d12h")
    if total > TIME_MS_MAX:
        raise ValueError(f"{text!r} is too long")
    return total


def parse_time(text: str) -> int:
    """Milliseconds since the epoch of an ISO 8601 time (UTC unless it says otherwise) or of such a number."""
    if text.isascii() and text.isdigit() and len(text) >= 12:
        when_ms = int(text)
    else:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no time: write 2026-01-31T12:00:00Z, or milliseconds") from None
        aware = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
        when_ms = (aware - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= when_ms <= WORLD_MS_MAX:
        raise ValueError(f"{text!r} is not between 1970 and 9000")
    return when_ms


def iso(when_ms: int) -> str:
    """A time as `2026-01-31T12:00:00.000Z`."""
    moment = _EPOCH + timedelta(milliseconds=min(max(when_ms, 0), TIME_MS_MAX))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{when_ms % 1000:03d}Z"


def shown_duration(duration_ms: int) -> str:
    """A duration as its two largest units: `1d 12h`, `3m 20s`, `250ms`."""
    parts: list[str] = []
    left = duration_ms
    for unit in ("d", "h", "m", "s", "ms"):
        count, left = divmod(left, UNITS_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0ms"
