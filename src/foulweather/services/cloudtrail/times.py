"""Times as CloudTrail writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC)


def iso(ms: int) -> str:
    """`2015-08-17T14:01:31Z`."""
    return f"{_at(ms):%Y-%m-%dT%H:%M:%SZ}"


def compact(ms: int) -> str:
    """`20150817T140131Z`."""
    return f"{_at(ms):%Y%m%dT%H%M%SZ}"


def day(ms: int) -> str:
    """`2015/08/17`."""
    return f"{_at(ms):%Y/%m/%d}"


def to_the_minute(ms: int) -> str:
    """`20150817T1445Z`."""
    return f"{_at(ms):%Y%m%dT%H%MZ}"


def within_parameters(ms: int) -> str:
    """`Jan 22, 2021, 12:46:28 AM`, as parameters and response elements have times."""
    at = _at(ms)
    return f"{at:%b} {at.day}, {at.year}, {at.hour % 12 or 12}:{at:%M:%S %p}"


def with_fraction(ms: int) -> str:
    """`2021-01-22 00:46:28.000`, as results of queries have times."""
    return f"{_at(ms):%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"
