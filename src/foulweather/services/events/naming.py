"""Which bus or rule a request means: by name, or by ARN, in its own account or another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.services.events import refusals
from foulweather.services.events.state import DEFAULT, Bus, EventsState, Rule


class Place(NamedTuple):
    """Where a bus is, whether or not it exists."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The bus's ARN."""
        return f"arn:aws:events:{self.region}:{self.account}:event-bus/{self.name}"


def place_of(call: Call, named: str | None) -> Place:
    """The place of the bus that a request names by name or ARN; without a name, of the default one."""
    if named and named.startswith("arn:"):
        _, _, _, region, account, rest = named.split(":", 5)
        return Place(account, region, rest.removeprefix("event-bus/"))
    return Place(call.account, call.region, named or DEFAULT)


def bus_at(call: Call, place: Place) -> Bus | None:
    """The bus at a place."""
    return call.state(EventsState, place.account, place.region).bus(place.name, place.account, place.region)


def require_bus(call: Call, named: str | None) -> tuple[EventsState, Bus]:
    """A bus by name or ARN, where the caller's resources are kept, or the refusal."""
    place = place_of(call, named)
    if place.region != call.region:
        raise refusals.invalid(f"Event bus {place.arn} is not in region {call.region}.", EventBusName=named)
    state = call.state(EventsState, place.account)
    bus = state.bus(place.name, place.account, place.region)
    if bus is None:
        raise refusals.no_bus(place.name)
    return state, bus


def require_rule(call: Call, request: Mapping[str, Any], member: str = "Name") -> tuple[EventsState, Rule]:
    """The rule that a request names on the bus that it names, or the refusal."""
    state, bus = require_bus(call, request.get("EventBusName"))
    rule = state.rules.get(f"{bus.name}/{request[member]}")
    if rule is None:
        raise refusals.no_rule(request[member], bus.name)
    return state, rule


def rule_arn(bus: Bus, name: str) -> str:
    """The ARN of a rule; on other buses than the default one it has the bus's name in it."""
    start = bus.arn.rpartition(":event-bus/")[0]
    return f"{start}:rule/{name}" if bus.name == DEFAULT else f"{start}:rule/{bus.name}/{name}"


def rule_of_arn(state: EventsState, arn: str) -> Rule | None:
    """A rule by its ARN."""
    rest = arn.rpartition(":rule/")[2]
    return state.rules.get(rest if "/" in rest else f"{DEFAULT}/{rest}")
