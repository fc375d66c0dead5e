"""A release of the collector: keys that people can read, by date."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The hash at the beginning of the keys is gone."""
    lab.deploy("collector", keys="date-first")
