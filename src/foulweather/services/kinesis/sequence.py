"""Sequence numbers: 186 bits, written in decimal as 56 digits that begin with 49.

From the highest bit: a one, when the shard was opened, the record's place in it, when it came, the shard's number.
So they grow within a shard, and those of a shard's children are above its own.
"""

from __future__ import annotations

from typing import NamedTuple

from foulweather.services.kinesis.records import Shard

PLACE_SHIFT = 84
TIME_SHIFT = 36
_MILLIS_SHIFT = 138
_OPENED_SHIFT = 148
_PLACE_MASK = (1 << 54) - 1
_TIME_MASK = (1 << 48) - 1
_SHARD_MASK = (1 << 32) - 1
_MARK = 2
LAST_PLACE = _PLACE_MASK


def base(shard: Shard) -> int:
    """What all sequence numbers of a shard have in common."""
    seconds, millis = divmod(shard.opened_ms, 1000)
    return 1 << 185 | seconds << _OPENED_SHIFT | millis << _MILLIS_SHIFT | shard.number << 4 | _MARK


def number(shard_base: int, place: int, at_ms: int) -> int:
    """The sequence number of the record at a place in a shard."""
    return shard_base | place << PLACE_SHIFT | at_ms << TIME_SHIFT


class Parts(NamedTuple):
    """What a sequence number tells."""

    base: int
    shard: int
    place: int


def parts(text: str) -> Parts | None:
    """A sequence number taken apart, or None if it is none of ours."""
    value = int(text)
    if value >> 185 != 1 or value & 15 != _MARK:
        return None
    rest = value & ~(_PLACE_MASK << PLACE_SHIFT | _TIME_MASK << TIME_SHIFT)
    return Parts(rest, (value >> 4) & _SHARD_MASK, (value >> PLACE_SHIFT) & _PLACE_MASK)
