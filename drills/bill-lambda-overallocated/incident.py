"""A module with sensible defaults: 3 GB, every minute."""

from __future__ import annotations

from stack import FUNCTION, schedule

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import configure


def strike(lab: Lab) -> None:
    """Apply complete: 0 added, 2 changed, 0 destroyed."""
    configure(lab, FUNCTION, MemorySize=3072)
    schedule(lab, "rate(1 minute)")
