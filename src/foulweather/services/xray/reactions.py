"""What services did for traced requests, read out of the journal."""

from __future__ import annotations

from foulweather.services.xray.state import Segment, XrayState
from foulweather.world.journal import Event
from foulweather.world.world import World


def keep(world: World, event: Event) -> None:
    """Keep the segment of a service that X-Ray knows by a role of its own, as API Gateway's stages."""
    facts = event.facts
    segment = Segment(facts["trace"], facts["id"], event.at_ms, facts["document"])
    world.state(XrayState, event.account, event.region).keep(segment)
