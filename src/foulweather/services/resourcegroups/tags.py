"""Tags of groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.resourcegroups import limits
from foulweather.services.resourcegroups.state import group_of, save

Request = Mapping[str, Any]


def tag(call: Call, request: Request) -> dict[str, Any]:
    """Set tags on a group."""
    group = group_of(call, request)
    group.tags = limits.checked_tags(group.tags, request["Tags"])
    save(call, group, "GroupTagged", Tags=group.tags)
    return {"Arn": group.arn, "Tags": dict(request["Tags"])}


def untag(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags from a group; those that it has not do not matter."""
    group = group_of(call, request)
    group.tags = {key: value for key, value in group.tags.items() if key not in request["Keys"]}
    save(call, group, "GroupTagged", Tags=group.tags)
    return {"Arn": group.arn, "Keys": list(request["Keys"])}


def get_tags(call: Call, request: Request) -> dict[str, Any]:
    """Show a group's tags."""
    group = group_of(call, request)
    return {"Arn": group.arn, "Tags": dict(group.tags)}
