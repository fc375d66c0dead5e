"""Release 41 on the day of a campaign: the campaign is the partition key."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.regular import Regular


def strike(lab: Lab) -> None:
    """The release, and the flushes of a busy day."""
    lab.deploy("collectors", key="campaign")
    collectors = lab.app("collectors")
    assert isinstance(collectors, Regular)
    collectors.hurry()
