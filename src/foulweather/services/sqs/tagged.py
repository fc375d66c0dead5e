"""Queues with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.sqs.state import SqsState
from foulweather.world.world import World

KINDS = {"sqs": "AWS::SQS::Queue"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every queue."""
    for queue in world.state(SqsState, account, region).queues.values():
        yield queue.arn, queue.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagQueue."""
    return ports.sqs.tag_queue({"QueueUrl": _url(ports, arn), "Tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagQueue."""
    return ports.sqs.untag_queue({"QueueUrl": _url(ports, arn), "TagKeys": list(keys)})


def _url(ports: Ports, arn: str) -> str:
    return ports.sqs.get_queue_url({"QueueName": arn.rpartition(":")[2]})["QueueUrl"]
