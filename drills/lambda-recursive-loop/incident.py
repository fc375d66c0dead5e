"""The mobile app goes live, and somebody has the function told of its photos, too: of everything."""

from __future__ import annotations

from typing import cast

from stack import Uploads, notify

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Recorded

FOUR_A_MINUTE = Recorded(tuple(15_000 * n + 2_003 for n in range(4)), every_ms=MINUTE_MS)
TWO_A_MINUTE = Recorded(tuple(30_000 * n + 9_001 for n in range(2)), every_ms=MINUTE_MS)


def strike(lab: Lab) -> None:
    """The edit, and the app's users."""
    notify(lab, "")
    cast(Uploads, lab.app("website")).arrive(FOUR_A_MINUTE)
    cast(Uploads, lab.app("mobile-app")).arrive(TWO_A_MINUTE)
