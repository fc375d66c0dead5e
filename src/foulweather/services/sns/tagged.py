"""Topics with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.sns.state import SnsState
from foulweather.world.world import World

KINDS = {"sns": "AWS::SNS::Topic"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every topic."""
    for topic in world.state(SnsState, account, region).topics.values():
        yield topic.arn, topic.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.sns.tag_resource({"ResourceArn": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.sns.untag_resource({"ResourceArn": arn, "TagKeys": list(keys)})
