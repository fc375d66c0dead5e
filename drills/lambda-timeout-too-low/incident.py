"""A deployment by a new template, which has no line for the time-out."""

from __future__ import annotations

from stack import FUNCTION

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.functions import caller, configure

DEFAULT_S = 3


def strike(lab: Lab) -> None:
    """What is not said is the default."""
    configure(lab, FUNCTION, Timeout=DEFAULT_S, Description="by template")
    caller(lab, "office").arrive(Even(per_min=2))
