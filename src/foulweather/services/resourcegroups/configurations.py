"""The configurations of groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroups import limits, parsing
from foulweather.services.resourcegroups.state import APPLICATION, Group, group_of, save


def get_group_configuration(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show a group's configuration; asking a group with a query is refused."""
    group = _configured(call, request)
    return {"GroupConfiguration": {"Configuration": group.configuration, "Status": "UPDATE_COMPLETE"}}


def put_group_configuration(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give a group another configuration."""
    group = _configured(call, request)
    given = parsing.configuration(call.operation, request.get("Configuration", ()))
    if group.is_application != any(item["Type"] == APPLICATION for item in given):
        raise limits.bad(
            "The group cannot become, or cease to be, an application group.", Fact(group.arn, "types", group.types)
        )
    group.configuration = given
    save(call, group, "GroupConfigurationSet", Configuration=given)
    return {}


def _configured(call: Call, request: Mapping[str, Any]) -> Group:
    group = group_of(call, request)
    if group.query is not None:
        raise limits.bad("The group has no configuration.", Fact(group.arn, "ResourceQuery", group.query.text))
    return group
