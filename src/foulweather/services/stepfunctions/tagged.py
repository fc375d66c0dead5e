"""State machines and activities with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.stepfunctions.state import SfnState
from foulweather.world.world import World

KINDS = {
    "states:stateMachine": "AWS::StepFunctions::StateMachine",
    "states:activity": "AWS::StepFunctions::Activity",
}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every state machine and activity."""
    state = world.state(SfnState, account, region)
    for held in (*state.machines.values(), *state.activities.values()):
        yield held.arn, held.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    return ports.stepfunctions.tag_resource({"resourceArn": arn, "tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.stepfunctions.untag_resource({"resourceArn": arn, "tagKeys": list(keys)})
