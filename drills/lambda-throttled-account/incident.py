"""The archive is to be rendered anew: eighty documents a minute, from nine on."""

from __future__ import annotations

from typing import cast

from stack import Archivist, Users

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Recorded

EIGHTY_A_MINUTE = Recorded(tuple(750 * n + 11 for n in range(80)), every_ms=MINUTE_MS)
FOUR_A_MINUTE = Recorded(tuple(15_000 * n + 3_007 for n in range(4)), every_ms=MINUTE_MS)


def strike(lab: Lab) -> None:
    """Somebody starts it; the day's users come."""
    cast(Archivist, lab.app("archivist")).arrive(EIGHTY_A_MINUTE)
    for name in ("shop", "accounts"):
        cast(Users, lab.app(name)).arrive(FOUR_A_MINUTE)
