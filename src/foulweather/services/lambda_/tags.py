"""Tags of functions, event source mappings and code signing configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import limits, naming, taggable

Request = Mapping[str, Any]


def tag_resource(call: Call, request: Request) -> None:
    """Add tags, or give them other values."""
    found = taggable.require(call, request["Resource"])
    if found.function is not None:
        naming.require_settled(call, found.function)
    _set(call, request["Resource"], found, limits.checked_tags(request["Tags"], found.tags))


def untag_resource(call: Call, request: Request) -> None:
    """Remove tags; those that are not there do not matter."""
    found = taggable.require(call, request["Resource"])
    gone = set(request["TagKeys"])
    _set(call, request["Resource"], found, {key: value for key, value in found.tags.items() if key not in gone})


def list_tags(call: Call, request: Request) -> dict[str, Any]:
    """A resource's tags."""
    return {"Tags": taggable.require(call, request["Resource"]).tags}


def _set(call: Call, arn: str, found: taggable.Tagged, tags: dict[str, str]) -> None:
    found.put(tags)
    call.changed("lambda.ResourceTagged", arn, Tags=tags)
