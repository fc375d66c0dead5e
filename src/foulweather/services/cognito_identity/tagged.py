"""Identity pools with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.cognito_identity.state import IdentityState
from foulweather.world.world import World

KINDS = {"cognito-identity:identitypool": "AWS::Cognito::IdentityPool"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every pool."""
    for pool in world.state(IdentityState, account, region).pools.values():
        yield pool.arn, pool.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    return getattr(ports, "cognito-identity").tag_resource({"ResourceArn": arn, "Tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return getattr(ports, "cognito-identity").untag_resource({"ResourceArn": arn, "TagKeys": list(keys)})
