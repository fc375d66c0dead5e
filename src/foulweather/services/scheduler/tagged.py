"""Schedule groups with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.scheduler.state import SchedulerState
from foulweather.world.world import World

KINDS = {"scheduler:schedule-group": "AWS::Scheduler::ScheduleGroup"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every group that was made or tagged."""
    for group in world.state(SchedulerState, account, region).groups.values():
        yield group.arn, group.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.scheduler.tag_resource({"ResourceArn": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.scheduler.untag_resource({"ResourceArn": arn, "TagKeys": list(keys)})
