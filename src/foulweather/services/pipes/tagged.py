"""Pipes with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.pipes.state import PipesState
from foulweather.world.world import World

KINDS = {"pipes:pipe": "AWS::Pipes::Pipe"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every pipe."""
    for pipe in world.state(PipesState, account, region).pipes.values():
        yield pipe.arn, pipe.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    return ports.pipes.tag_resource({"resourceArn": arn, "tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.pipes.untag_resource({"resourceArn": arn, "tagKeys": list(keys)})
