"""Tags of APIs, stages, keys, usage plans, domain names, client certificates and VPC links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway import limits, refusals, taggable

Request = Mapping[str, Any]


def get_tags(call: Call, request: Request) -> dict[str, Any]:
    """A resource's tags."""
    if request.get("position") or request.get("limit"):
        # "position and limit: not currently supported" (API_GetTags).
        raise refusals.invalid("Paging of tags is not currently supported", limit=request.get("limit"))
    return {"tags": dict(taggable.require(call, request["resourceArn"]).tags)}


def tag_resource(call: Call, request: Request) -> None:
    """Add tags to a resource, or change their values."""
    found = taggable.require(call, request["resourceArn"])
    found.put(limits.checked_tags(request.get("tags"), found.tags))
    call.changed("apigateway.ResourceTagged", request["resourceArn"], tags=dict(request.get("tags") or {}))


def untag_resource(call: Call, request: Request) -> None:
    """Remove tags from a resource."""
    found = taggable.require(call, request["resourceArn"])
    keys: list[str] = list(request.get("tagKeys") or ())
    found.put({key: value for key, value in found.tags.items() if key not in keys})
    call.changed("apigateway.ResourceUntagged", request["resourceArn"], tagKeys=keys)
