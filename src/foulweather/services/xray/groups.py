"""Groups: traces that a filter expression selects, by name or ARN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.xray import limits, paging
from foulweather.services.xray.filters import compiled
from foulweather.services.xray.selecting import DEFAULT, default, nothing, required
from foulweather.services.xray.state import Group, XrayState
from foulweather.world.ids import BASE32

Request = Mapping[str, Any]


def create_group(call: Call, request: Request) -> dict[str, Any]:
    """Make a group."""
    state, name = call.state(XrayState), request["GroupName"]
    expression = request.get("FilterExpression") or ""
    _check(expression)
    insights = _insights(request, "CreateGroup")
    tags = limits.checked_tags(request.get("Tags") or (), {})
    if name == DEFAULT or name in state.groups:
        raise limits.invalid(f"Group already exists: {name}", GroupName=name)
    if len(state.groups) >= limits.GROUPS_MAX:
        raise limits.invalid(f"You can have at most {limits.GROUPS_MAX} groups.", Groups=len(state.groups))
    arn = call.arn("xray", f"group/{name}/{call.world.ids.drawn(BASE32, 26)}")
    group = Group(name, arn, expression, insights, False, tags)
    state.groups.put(name, group)
    call.changed("xray.GroupCreated", arn, FilterExpression=expression, Tags=tags)
    return {"Group": _shown(group)}


def update_group(call: Call, request: Request) -> dict[str, Any]:
    """Give a group another filter expression."""
    state = call.state(XrayState)
    _check(request.get("FilterExpression") or "")
    _insights(request, "UpdateGroup")
    group = required(call, state, request)
    if request.get("FilterExpression") is not None:
        group.expression = request["FilterExpression"]
    state.groups.put(group.name, group)
    call.changed("xray.GroupUpdated", group.arn, FilterExpression=group.expression)
    return {"Group": _shown(group)}


def delete_group(call: Call, request: Request) -> dict[str, Any]:
    """Delete a group; its traces stay."""
    state = call.state(XrayState)
    group = required(call, state, request)
    if group.name == DEFAULT:
        raise limits.invalid("The default group cannot be deleted.", GroupName=DEFAULT)
    state.groups.delete(group.name)
    call.changed("xray.GroupDeleted", group.arn)
    return {}


def get_group(call: Call, request: Request) -> dict[str, Any]:
    """A group."""
    return {"Group": _shown(required(call, call.state(XrayState), request))}


def get_groups(call: Call, request: Request) -> dict[str, Any]:
    """All groups, the default one first."""
    state = call.state(XrayState)
    own = [group for name, group in sorted(state.groups.items()) if name != DEFAULT]
    listed, more = paging.page([default(call, state), *own], request)
    return {"Groups": [_shown(group) for group in listed], **more}


def _check(expression: str) -> None:
    if expression:
        compiled(expression, nothing)


def _insights(request: Request, operation: str) -> bool:
    wanted: Request = request.get("InsightsConfiguration") or {}
    if wanted.get("InsightsEnabled") or wanted.get("NotificationsEnabled"):
        raise not_implemented("xray", f"{operation}.InsightsConfiguration")
    return False


def _shown(group: Group) -> dict[str, Any]:
    made: dict[str, Any] = {"GroupName": group.name, "GroupARN": group.arn}
    made |= {"FilterExpression": group.expression} if group.expression else {}
    return made | {"InsightsConfiguration": {"InsightsEnabled": False, "NotificationsEnabled": False}}
