"""A tidy-up of costs: Max Memory Used is 70 MB, so 128 must do."""

from __future__ import annotations

from stack import FUNCTION

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.functions import caller, configure


def strike(lab: Lab) -> None:
    """The setting, on a day like any other."""
    configure(lab, FUNCTION, MemorySize=128)
    caller(lab, "gallery").arrive(Even(per_min=6))
