"""Lets the world of a drill live before anybody serves it: what runs inside reaches its API."""

from __future__ import annotations

from foulweather.drilling.session import Session
from foulweather.wire.cloud import Cloud
from foulweather.wire.hosting import Hosted
from foulweather.wire.inside import Inside


def enliven(session: Session) -> None:
    """Commit what is written, and open the doors; whoever hosts the world later takes both over."""
    lab = session.lab
    hosted = Hosted(lab.world, lab.pipeline.services, lab.pipeline)
    hosted.drive()
    Inside(Cloud(hosted)).opens(lab.world)
