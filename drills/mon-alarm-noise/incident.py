"""After a slow night that nobody noticed, the threshold was lowered until it would have been noticed."""

from __future__ import annotations

from stack import put_alarm

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """250 ms instead of 600, and at once instead of after three datapoints."""
    put_alarm(lab, 250, 1)
