"""The partner has a new version of its API, on a day on which prices change."""

from __future__ import annotations

from typing import cast

from stack import FUNCTION, REFUSED, Changes

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Recorded
from foulweather.drilling.load.functions import release

TEN_A_MINUTE = Recorded(tuple(6_000 * n + 1_009 for n in range(10)), every_ms=MINUTE_MS)


def strike(lab: Lab) -> None:
    """From now on each attempt fails, after nine seconds."""
    release(lab, FUNCTION, REFUSED)
    cast(Changes, lab.app("crm")).arrive(TEN_A_MINUTE)
