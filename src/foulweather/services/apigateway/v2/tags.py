"""Tags of APIs, stages, domain names and VPC links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.taggable import Tagged
from foulweather.services.apigateway.v2 import limits, refusals, taggable

Request = Mapping[str, Any]


def get_tags(call: Call, request: Request) -> dict[str, Any]:
    """A resource's tags."""
    return {"Tags": dict(_found(call, request).tags)}


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags to a resource, or change their values."""
    found = _found(call, request)
    found.put(limits.checked_tags(request.get("Tags"), found.tags))
    call.changed("apigateway.ResourceTagged", request["ResourceArn"], Tags=dict(request.get("Tags") or {}))
    return {}


def untag_resource(call: Call, request: Request) -> None:
    """Remove tags from a resource."""
    found = _found(call, request)
    keys: list[str] = list(request["TagKeys"])
    found.put({key: value for key, value in found.tags.items() if key not in keys})
    call.changed("apigateway.ResourceUntagged", request["ResourceArn"], TagKeys=keys)


def _found(call: Call, request: Request) -> Tagged:
    arn: str = request["ResourceArn"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "apigateway" or not parts[5].startswith("/"):
        raise refusals.invalid("Invalid ARN specified in the request", ResourceArn=arn)
    found = taggable.find(call.world, call.account, call.region, parts[5]) if parts[3] == call.region else None
    if found is None:
        raise refusals.missing(f"Resource not found: {arn}", arn)
    return found
