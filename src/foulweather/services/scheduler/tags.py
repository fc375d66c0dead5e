"""Tags of schedule groups: "you can't tag schedules"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.scheduler import limits
from foulweather.services.scheduler.state import Group, SchedulerState

Request = Mapping[str, Any]


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """A group's tags."""
    group = _require(call, request["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in group.tags.items()]}


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags, or give them other values."""
    group = _require(call, request["ResourceArn"])
    _set(call, group, limits.checked_tags(request["Tags"], group.tags))
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; those that are not there do not matter."""
    group, gone = _require(call, request["ResourceArn"]), set(request["TagKeys"])
    _set(call, group, {key: value for key, value in group.tags.items() if key not in gone})
    return {}


def _require(call: Call, arn: str) -> Group:
    name = arn.rpartition("/")[2]
    group = call.state(SchedulerState).group(name, call.account, call.region)
    if group is None or group.arn != arn:
        raise limits.missing("Schedule group", name)
    return group


def _set(call: Call, group: Group, tags: dict[str, str]) -> None:
    group.tags, group.modified_ms = tags, call.now
    call.state(SchedulerState).groups.put(group.name, group)
    call.changed("scheduler.ResourceTagged", group.arn, Tags=tags)
