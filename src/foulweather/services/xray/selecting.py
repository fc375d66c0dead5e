"""Which group a request or an expression names, and what its own expression is true of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.xray import limits
from foulweather.services.xray.filters import Groups, compiled
from foulweather.services.xray.reading import Trace
from foulweather.services.xray.state import Group, XrayState

Request = Mapping[str, Any]
DEFAULT = "Default"


def chosen(call: Call, state: XrayState, request: Request) -> Callable[[Trace], bool] | None:
    """What the group that a request names is true of; None where it names none."""
    if not (request.get("GroupName") or request.get("GroupARN")):
        return None
    expression = required(call, state, request).expression
    return compiled(expression, nothing) if expression else None


def expressions_of(state: XrayState) -> Groups:
    """The expressions of groups, for expressions that name one."""

    def find(by: str, named: str) -> Callable[[Trace], bool] | None:
        for group in state.groups.values():
            if named == (group.name if by == "name" else group.arn):
                return compiled(group.expression, nothing) if group.expression else lambda _: True
        return (lambda _: True) if by == "name" and named == DEFAULT else None

    return find


def nothing(_by: str, _named: str) -> None:
    """A group's own expression names no group."""


def default(call: Call, state: XrayState) -> Group:
    """The group of all traces."""
    return state.groups.get(DEFAULT) or Group(DEFAULT, call.arn("xray", f"group/{DEFAULT}"))


def required(call: Call, state: XrayState, request: Request) -> Group:
    """The group that a request names."""
    name, arn = request.get("GroupName") or "", request.get("GroupARN") or ""
    if not (name or arn):
        raise limits.invalid("Either GroupName or GroupARN must be given.")
    for group in (default(call, state), *state.groups.values()):
        if (group.name == name or not name) and (group.arn == arn or not arn):
            return group
    raise limits.invalid("Group not found", Group=arn or name)
