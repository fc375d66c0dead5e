"""Log groups and destinations with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.logs.state import LogsState
from foulweather.world.world import World

KINDS = {"logs:destination": "AWS::Logs::Destination", "logs:log-group": "AWS::Logs::LogGroup"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every log group and destination."""
    state = world.state(LogsState, account, region)
    for rows in (state.groups, state.destinations):
        for row in rows.values():
            yield row.arn, row.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    return ports.logs.tag_resource({"resourceArn": arn, "tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.logs.untag_resource({"resourceArn": arn, "tagKeys": list(keys)})
