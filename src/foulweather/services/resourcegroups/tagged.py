"""Groups with their tags, for the Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.resourcegroups.state import GroupsState
from foulweather.world.world import World

KINDS = {"resource-groups:group": "AWS::ResourceGroups::Group"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every group."""
    for group in world.state(GroupsState, account, region).groups.values():
        yield group.arn, group.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """Tag."""
    return getattr(ports, "resource-groups").tag({"Arn": arn, "Tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """Untag."""
    return getattr(ports, "resource-groups").untag({"Arn": arn, "Keys": list(keys)})
