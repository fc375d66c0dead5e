"""What changes."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """Change what somebody changed that day, through the API as they did; never a hard-coded failure."""
