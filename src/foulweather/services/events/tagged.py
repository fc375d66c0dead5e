"""Buses and rules with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.events.state import EventsState
from foulweather.world.world import World

KINDS = {"events:event-bus": "AWS::Events::EventBus", "events:rule": "AWS::Events::Rule"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every bus that was changed or made, and every rule."""
    state = world.state(EventsState, account, region)
    for bus in state.buses.values():
        yield bus.arn, bus.tags
    for rule in state.rules.values():
        yield rule.arn, rule.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.events.tag_resource({"ResourceARN": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.events.untag_resource({"ResourceARN": arn, "TagKeys": list(keys)})
