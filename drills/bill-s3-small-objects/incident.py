"""A release of the event writer: no event waits in memory any more, each is written as it comes."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """One event, one object."""
    lab.deploy("event-writer", batch_events="1")
