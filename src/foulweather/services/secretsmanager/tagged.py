"""Secrets with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.secretsmanager.state import SecretsState
from foulweather.world.world import World

KINDS = {"secretsmanager:secret": "AWS::SecretsManager::Secret"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every secret."""
    for secret in world.state(SecretsState, account, region).secrets.values():
        yield secret.arn, secret.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.secretsmanager.tag_resource({"SecretId": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    return ports.secretsmanager.untag_resource({"SecretId": arn, "TagKeys": list(keys)})
