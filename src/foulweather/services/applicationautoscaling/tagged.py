"""Scalable targets with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.applicationautoscaling.state import ScalingState
from foulweather.world.world import World

KINDS = {"application-autoscaling:scalable-target": "AWS::ApplicationAutoScaling::ScalableTarget"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every scalable target."""
    for target in world.state(ScalingState, account, region).targets.values():
        yield target.arn, target.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    return getattr(ports, "application-autoscaling").tag_resource({"ResourceARN": arn, "Tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return getattr(ports, "application-autoscaling").untag_resource({"ResourceARN": arn, "TagKeys": list(keys)})
