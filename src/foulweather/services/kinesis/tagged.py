"""Streams and consumers with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.kinesis.state import KinesisState
from foulweather.world.world import World

KINDS = {"kinesis:stream": "AWS::Kinesis::Stream"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every stream and every consumer."""
    state = world.state(KinesisState, account, region)
    for stream in state.streams.values():
        yield stream.arn, stream.tags
    for arn, consumer in state.consumers.items():
        yield arn, consumer.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    return ports.kinesis.tag_resource({"ResourceARN": arn, "Tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.kinesis.untag_resource({"ResourceARN": arn, "TagKeys": list(keys)})
