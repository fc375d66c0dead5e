"""Delivery streams with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.firehose.state import FirehoseState
from foulweather.world.world import World

KINDS = {"firehose:deliverystream": "AWS::KinesisFirehose::DeliveryStream"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every delivery stream."""
    for stream in world.state(FirehoseState, account, region).streams.values():
        yield stream.arn, stream.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagDeliveryStream."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.firehose.tag_delivery_stream({"DeliveryStreamName": arn.rpartition("/")[2], "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagDeliveryStream."""
    return ports.firehose.untag_delivery_stream({"DeliveryStreamName": arn.rpartition("/")[2], "TagKeys": list(keys)})
