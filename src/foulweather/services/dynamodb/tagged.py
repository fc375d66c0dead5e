"""Tables with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.dynamodb.state import DynamoState
from foulweather.world.world import World

KINDS = {"dynamodb:table": "AWS::DynamoDB::Table"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every table."""
    for table in world.state(DynamoState, account, region).tables.values():
        yield table.arn, table.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.dynamodb.tag_resource({"ResourceArn": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.dynamodb.untag_resource({"ResourceArn": arn, "TagKeys": list(keys)})
