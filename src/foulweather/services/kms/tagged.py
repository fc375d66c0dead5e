"""Keys with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.kms.state import KmsState
from foulweather.world.world import World

KINDS = {"kms:key": "AWS::KMS::Key"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every key of the customer's: AWS's own cannot be tagged."""
    for key in world.state(KmsState, account, region).keys.values():
        if key.manager == "CUSTOMER":
            yield key.arn, key.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    return ports.kms.tag_resource({"KeyId": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.kms.untag_resource({"KeyId": arn, "TagKeys": list(keys)})
