"""ISO 8601 durations of days, hours, minutes and seconds."""

from __future__ import annotations

import re
from typing import Final

_DURATION: Final = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS_S: Final = (604_800, 86_400, 3_600, 60, 1)


def ms(text: str) -> int:
    """How long a duration is."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise ValueError(f"{text} is no ISO 8601 duration")
    return sum(int(count or 0) * unit for count, unit in zip(found.groups(), _UNITS_S, strict=True)) * 1000
