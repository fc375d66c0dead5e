"""The healthy stack."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def build(lab: Lab) -> None:
    """Build the resources, and install the applications whose traffic flows."""
