"""Groups and sampling rules with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.kernel.sampling import Sampling
from foulweather.services.xray.state import XrayState
from foulweather.world.world import World

KINDS = {"xray:group": "AWS::XRay::Group", "xray:sampling-rule": "AWS::XRay::SamplingRule"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every group and rule that somebody made."""
    for group in world.state(XrayState, account, region).groups.values():
        yield group.arn, group.tags
    for rule in world.state(Sampling, account, region).rules.values():
        yield rule.arn, rule.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.xray.tag_resource({"ResourceARN": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.xray.untag_resource({"ResourceARN": arn, "TagKeys": list(keys)})
