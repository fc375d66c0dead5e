"""Parameters with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.ssm.state import SsmState
from foulweather.world.world import World

KINDS = {"ssm:parameter": "AWS::SSM::Parameter"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every parameter."""
    for parameter in world.state(SsmState, account, region).parameters.values():
        yield parameter.arn, parameter.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """AddTagsToResource."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.ssm.add_tags_to_resource({**_named(ports, arn), "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """RemoveTagsFromResource."""
    return ports.ssm.remove_tags_from_resource({**_named(ports, arn), "TagKeys": list(keys)})


def _named(ports: Ports, arn: str) -> dict[str, str]:
    """A parameter by name: an ARN does not tell whether a name without a hierarchy begins with a slash."""
    parameters = ports.call.state(SsmState, ports.account, ports.region).parameters.values()
    name = next((each.name for each in parameters if each.arn == arn), arn.partition(":parameter/")[2])
    return {"ResourceType": "Parameter", "ResourceId": name}
