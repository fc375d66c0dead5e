"""Event buses: the default one, and those that people make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.events import limits, naming, paging, refusals
from foulweather.services.events.source_state import (
    DELETED,
    PENDING,
    EventSource,
    SourcesState,
    activate,
    await_customer,
)
from foulweather.services.events.state import DEFAULT, Bus, EventsState, part

Request = Mapping[str, Any]


def create_event_bus(call: Call, request: Request) -> dict[str, Any]:
    """Make a bus."""
    name = request["Name"]
    source_name = request.get("EventSourceName")
    if source_name and source_name != name:
        # "Partner event bus names must exactly match the name of the partner event source" (eb-saas).
        words = f"Event bus name must match the event source name {source_name}."
        raise refusals.invalid(words, Name=name, EventSourceName=source_name)
    if "/" in name and not source_name:
        raise refusals.invalid("Event bus name must not contain '/'.", Name=name)
    _refuse_unbuilt(request, "CreateEventBus")
    state = call.state(EventsState)
    if name == DEFAULT or name in state.buses:
        raise refusals.exists("Event bus", name)
    source = _pending_source(call, name) if source_name else None
    made = sum(1 for each in state.buses if each != DEFAULT)
    if made >= limits.BUSES_MAX:
        raise refusals.too_many(name, "Event buses", made, limits.BUSES_MAX)
    bus = Bus(name, naming.place_of(call, name).arn, call.now, call.now)
    bus.tags = limits.checked_tags(request.get("Tags") or (), {})
    _set(bus, request)
    state.buses.put(name, bus)
    if source is not None:
        activate(call, source)
    call.changed("events.EventBusCreated", bus.arn, Description=bus.description, Tags=bus.tags)
    return {"EventBusArn": bus.arn, **_settings(bus)}


def update_event_bus(call: Call, request: Request) -> dict[str, Any]:
    """Change a bus's description, dead-letter queue or logging."""
    _refuse_unbuilt(request, "UpdateEventBus")
    state, bus = naming.require_bus(call, request.get("Name"))
    _set(bus, request)
    bus.modified_ms = call.now
    state.buses.put(bus.name, bus)
    call.changed("events.EventBusUpdated", bus.arn, Description=bus.description, DeadLetterConfig=bus.dead_letters)
    return {"Arn": bus.arn, "Name": bus.name, **_settings(bus)}


def delete_event_bus(call: Call, request: Request) -> dict[str, Any]:
    """Delete a bus without rules; deleting one that is not there is no error."""
    name = naming.place_of(call, request["Name"]).name
    if name == DEFAULT:
        raise refusals.invalid(f"Cannot delete event bus {name}.", Name=name)
    state = call.state(EventsState)
    bus = state.buses.get(name)
    if bus is None:
        return {}
    rules = list(state.rules_on(name))
    if rules:
        raise refusals.invalid(f"Event bus {name} can't be deleted since it has rules.", Name=name, rules=rules)
    state.buses.delete(name)
    state.policy_changed(bus)
    _let_go_of_source(call, name)
    call.changed("events.EventBusDeleted", bus.arn)
    return {}


def describe_event_bus(call: Call, request: Request) -> dict[str, Any]:
    """A bus with its policy."""
    _, bus = naming.require_bus(call, request.get("Name"))
    return {**_shown(bus), **_settings(bus)}


def list_event_buses(call: Call, request: Request) -> dict[str, Any]:
    """The buses whose names begin with a prefix."""
    state, prefix = call.state(EventsState), request.get("NamePrefix") or ""
    names = sorted({DEFAULT, *state.buses})
    found = [state.bus(name, call.account, call.region) for name in names if name.startswith(prefix)]
    listed, more = paging.page([bus for bus in found if bus is not None], request)
    return {"EventBuses": [_shown(bus) for bus in listed], **more}


def _pending_source(call: Call, name: str) -> EventSource:
    source = call.state(SourcesState).offered.get(name)
    if source is None:
        raise refusals.missing("Event source", name)
    if source.state != PENDING:
        raise refusals.wrong_state(name, source.state, has_bus=False)
    return source


def _let_go_of_source(call: Call, name: str) -> None:
    """Without its bus "the event source will return to a Pending state" (the partners' FAQ); a deleted one is gone."""
    state = call.state(SourcesState)
    source = state.offered.get(name)
    if source is None:
        return
    if source.state == DELETED:
        state.offered.delete(name)
    else:
        await_customer(call, state, source)


def _refuse_unbuilt(request: Request, operation: str) -> None:
    if request.get("KmsKeyIdentifier"):
        raise not_implemented("events", f"{operation}.KmsKeyIdentifier")
    if part(request, "LogConfig").get("Level", "OFF") != "OFF":
        raise not_implemented("events", f"{operation}.LogConfig.Level")


def _set(bus: Bus, request: Request) -> None:
    if "Description" in request:
        bus.description = request["Description"]
    if "DeadLetterConfig" in request:
        # It takes events that cannot be encrypted with a customer's key.
        bus.dead_letters = request["DeadLetterConfig"].get("Arn") or ""
    if "LogConfig" in request:
        bus.log_config = request["LogConfig"]


def _settings(bus: Bus) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if bus.description is not None:
        shown["Description"] = bus.description
    if bus.dead_letters:
        shown["DeadLetterConfig"] = {"Arn": bus.dead_letters}
    if bus.log_config is not None:
        shown["LogConfig"] = bus.log_config
    return shown


def _shown(bus: Bus) -> dict[str, Any]:
    shown: dict[str, Any] = {"Name": bus.name, "Arn": bus.arn}
    if bus.policy:
        shown["Policy"] = bus.policy
    if bus.description is not None:
        shown["Description"] = bus.description
    if bus.created_ms:
        shown |= {"CreationTime": bus.created_ms, "LastModifiedTime": bus.modified_ms}
    return shown
