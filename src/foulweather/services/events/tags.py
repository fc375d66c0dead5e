"""Tags of buses and rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.events import limits
from foulweather.services.events.naming import rule_of_arn
from foulweather.services.events.state import Bus, EventsState, Rule

Request = Mapping[str, Any]


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """A bus's or rule's tags."""
    _, found = _require(call, request["ResourceARN"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags, or give them other values."""
    state, found = _require(call, request["ResourceARN"])
    _set(call, state, found, limits.checked_tags(request["Tags"], found.tags))
    return {}


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; those that are not there do not matter."""
    state, found = _require(call, request["ResourceARN"])
    gone = set(request["TagKeys"])
    _set(call, state, found, {key: value for key, value in found.tags.items() if key not in gone})
    return {}


def _require(call: Call, arn: str) -> tuple[EventsState, Bus | Rule]:
    state = call.state(EventsState)
    found = rule_of_arn(state, arn) if ":rule/" in arn else None
    if ":event-bus/" in arn:
        found = state.bus(arn.rpartition(":event-bus/")[2], call.account, call.region)
    if found is None or found.arn != arn:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        what = "Rule" if kind == "rule" else "EventBus"
        raise AwsError(
            "ResourceNotFoundException", f"{what} {name} does not exist.", facts=(Fact(arn, "exists", False),)
        )
    return state, found


def _set(call: Call, state: EventsState, found: Bus | Rule, tags: dict[str, str]) -> None:
    found.tags = tags
    if isinstance(found, Rule):
        state.rules.touch(found.key)
    else:
        state.buses.put(found.name, found)
    call.changed("events.ResourceTagged", found.arn, Tags=tags)
