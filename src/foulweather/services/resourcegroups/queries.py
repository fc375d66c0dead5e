"""The queries of groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroups import limits, parsing
from foulweather.services.resourcegroups.state import Group, Query, group_of, save


def get_group_query(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show a group's query; asking a group with a configuration is refused."""
    group = group_of(call, request)
    return _shown(group, _present(group))


def update_group_query(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give a group another query, and so other members."""
    group = group_of(call, request)
    _present(group)
    group.query = parsing.query(call.operation, request["ResourceQuery"])
    save(call, group, "GroupQuerySet", Query=group.query.text)
    return _shown(group, group.query)


def _present(group: Group) -> Query:
    if group.query is None:
        raise limits.bad("The group has no resource query.", Fact(group.arn, "Configuration", group.configuration))
    return group.query


def _shown(group: Group, query: Query) -> dict[str, Any]:
    return {"GroupQuery": {"GroupName": group.name, "ResourceQuery": query.shown()}}
