"""Lambda's resources with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.lambda_.state import LambdaState
from foulweather.world.world import World

KINDS = {
    "lambda:function": "AWS::Lambda::Function",
    "lambda:event-source-mapping": "AWS::Lambda::EventSourceMapping",
    "lambda:code-signing-config": "AWS::Lambda::CodeSigningConfig",
}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every function, event source mapping and code signing configuration."""
    state = world.state(LambdaState, account, region)
    for function in state.functions.values():
        yield function.arn, function.tags
    for mapping in state.mappings.values():
        yield mapping.arn, mapping.tags
    for config in state.signing.values():
        yield config.arn, config.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    return ports.lambda_.tag_resource({"Resource": arn, "Tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.lambda_.untag_resource({"Resource": arn, "TagKeys": list(keys)})
