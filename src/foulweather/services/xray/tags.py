"""Tags of groups and sampling rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.sampling import Rule, Sampling
from foulweather.services.xray import limits, paging
from foulweather.services.xray.state import Group, XrayState

Request = Mapping[str, Any]


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """A resource's tags."""
    held = _require(call, request["ResourceARN"])
    listed, more = paging.page(list(held.tags.items()), request)
    return {"Tags": [{"Key": key, "Value": value} for key, value in listed], **more}


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags, or give them other values."""
    held = _require(call, request["ResourceARN"])
    _set(call, held, limits.checked_tags(request["Tags"], held.tags))
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; those that are not there do not matter."""
    held, gone = _require(call, request["ResourceARN"]), set(request["TagKeys"])
    _set(call, held, {key: value for key, value in held.tags.items() if key not in gone})
    return {}


def _require(call: Call, arn: str) -> Group | Rule:
    for group in call.state(XrayState).groups.values():
        if group.arn == arn:
            return group
    for rule in call.state(Sampling).rules.values():
        if rule.arn == arn:
            return rule
    raise limits.missing(arn)


def _set(call: Call, held: Group | Rule, tags: dict[str, str]) -> None:
    held.tags = tags
    if isinstance(held, Group):
        call.state(XrayState).groups.put(held.name, held)
    else:
        call.state(Sampling).rules.put(held.name, held)
    call.changed("xray.ResourceTagged", held.arn, Tags=tags)
