"""Certificates with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.acm.state import AcmState
from foulweather.world.world import World

KINDS = {"acm:certificate": "AWS::CertificateManager::Certificate"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every certificate."""
    for certificate in world.state(AcmState, account, region).certificates.values():
        yield certificate.arn, certificate.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """AddTagsToCertificate."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.acm.add_tags_to_certificate({"CertificateArn": arn, "Tags": listed})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """RemoveTagsFromCertificate."""
    return ports.acm.remove_tags_from_certificate({"CertificateArn": arn, "Tags": [{"Key": key} for key in keys]})
