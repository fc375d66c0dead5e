"""The partner event sources that an account is offered, and whether it listens to them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-saas.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.events import paging, refusals
from foulweather.services.events.source_state import (
    ACTIVE,
    PENDING,
    EventSource,
    SourcesState,
    activate,
    await_customer,
    source_arn,
)
from foulweather.services.events.state import EventsState

Request = Mapping[str, Any]


def describe_event_source(call: Call, request: Request) -> dict[str, Any]:
    """A source that this account is offered."""
    return _shown(call, _require(call, request))


def list_event_sources(call: Call, request: Request) -> dict[str, Any]:
    """The sources that this account is offered, by the beginning of their names."""
    prefix = request.get("NamePrefix") or ""
    offered = call.state(SourcesState).offered
    listed, more = paging.page([offered[name] for name in sorted(offered) if name.startswith(prefix)], request)
    return {"EventSources": [_shown(call, source) for source in listed], **more}


def activate_event_source(call: Call, request: Request) -> dict[str, Any]:
    """Have the matching bus receive a source's events again."""
    source = _require(call, request)
    has_bus = source.name in call.state(EventsState).buses
    if source.state != PENDING or not has_bus:
        raise refusals.wrong_state(source.name, source.state, has_bus=has_bus)
    activate(call, source)
    return {}


def deactivate_event_source(call: Call, request: Request) -> dict[str, Any]:
    """Receive no more of a source's events; it is pending, and ends if it remains so."""
    source = _require(call, request)
    if source.state != ACTIVE:
        raise refusals.wrong_state(source.name, source.state)
    await_customer(call, call.state(SourcesState), source)
    return {}


def _require(call: Call, request: Request) -> EventSource:
    source = call.state(SourcesState).offered.get(request["Name"])
    if source is None:
        raise refusals.missing("Event source", request["Name"])
    return source


def _shown(call: Call, source: EventSource) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Arn": source_arn(call.region, source.name),
        "CreatedBy": source.created_by,
        "CreationTime": source.created_ms,
        "Name": source.name,
        "State": source.state,
    }
    return {**shown, "ExpirationTime": source.expires_ms} if source.expires_ms else shown
