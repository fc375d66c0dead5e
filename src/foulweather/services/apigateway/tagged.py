"""API Gateway's resources with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.services.apigateway import taggable
from foulweather.services.apigateway.state import RestState
from foulweather.services.apigateway.v2 import taggable as others
from foulweather.services.apigateway.v2.state import HttpState
from foulweather.world.world import World

# The ARNs of API Gateway name no type: their sixth part begins with a slash.
KINDS = {"apigateway": "AWS::ApiGateway::RestApi"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every API, stage, key, usage plan, domain name, client certificate and VPC link."""
    for path, tags in taggable.each(world.state(RestState, account, region)):
        yield f"arn:aws:apigateway:{region}::{path}", tags
    for path, tags in others.each(world.state(HttpState, account, region)):
        yield f"arn:aws:apigateway:{region}::{path}", tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagResource."""
    if "::/apis/" in arn:
        return ports.apigatewayv2.tag_resource({"ResourceArn": arn, "Tags": dict(tags)})
    return ports.apigateway.tag_resource({"resourceArn": arn, "tags": dict(tags)})


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagResource."""
    if "::/apis/" in arn:
        return ports.apigatewayv2.untag_resource({"ResourceArn": arn, "TagKeys": list(keys)})
    return ports.apigateway.untag_resource({"resourceArn": arn, "tagKeys": list(keys)})
