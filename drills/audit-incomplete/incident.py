"""The cost review's script sets the selectors that a new trail has."""

from __future__ import annotations

from stack import TRAIL

from foulweather.drilling.lab import Lab
from foulweather.drilling.regular import Regular


def strike(lab: Lab) -> None:
    """Management events, reads and writes; of objects it says nothing."""
    selectors = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    lab.client("cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=selectors)
    for name in ("practices", "doctors", "pictures"):
        app = lab.app(name)
        assert isinstance(app, Regular)
        app.hurry()
