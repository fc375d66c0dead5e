"""PutEvents: custom events onto buses.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.event_documents import parsed
from foulweather.kernel.why import Fact, Why
from foulweather.services.events import limits, naming, refusals, routing
from foulweather.services.events.envelopes import made
from foulweather.services.events.state import EventsState

Request = Mapping[str, Any]


def put_events(call: Call, request: Request) -> dict[str, Any]:
    """Put events on buses; an entry that cannot be one fails by itself."""
    if request.get("EndpointId"):
        raise not_implemented("events", "PutEvents.EndpointId")
    entries: list[Request] = request["Entries"]
    size = sum(limits.entry_bytes(entry) for entry in entries)
    if size > limits.ENTRIES_BYTES_MAX:
        raise refusals.invalid("Total size of the entries in the request is over the limit.", bytes=size)
    results = [_put(call, entry) for entry in entries]
    failed = sum(1 for result in results if "ErrorCode" in result)
    call.happened("events.PutEvents", call.resource, entries=len(entries), failed=failed, bytes=size)
    return {"FailedEntryCount": failed, "Entries": results}


def _put(call: Call, entry: Request) -> dict[str, str]:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
    if entry["Source"].lower().startswith("aws."):
        return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    if not _is_object(entry["Detail"]):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    place = naming.place_of(call, entry.get("EventBusName"))
    event = made(
        id=call.world.ids.uuid(),
        detail_type=entry["DetailType"],
        source=entry["Source"],
        account=call.principal.account or call.account,
        time_ms=call.now if entry.get("Time") is None else entry["Time"],
        region=place.region,
        resources=list(entry.get("Resources") or ()),
        detail=entry["Detail"],
    )
    event.crossed = event.facts["account"] != place.account
    state = call.state(EventsState, place.account, place.region)
    # PutEvents reaches the buses of its own Region; those of others are targets of rules.
    bus = state.bus(place.name, place.account, place.region) if place.region == call.region else None
    if bus is None:
        # AWS says nothing of it to who put the event (github.com/aws/aws-cli/issues/9186).
        cause = (
            f"There is no event bus {place.name} in {call.region}: event {event.id} is lost, though PutEvents succeeds."
        )
        remedy = (f"aws events create-event-bus --name {place.name}",)
        call.explain("PutEvents", place.arn, Why("dropped", cause, (Fact(place.arn, "exists", False),), remedy))
        return {"EventId": event.id}
    routing.publish(call, state, bus, event)
    return {"EventId": event.id}


def _is_object(detail: str) -> bool:
    try:
        return isinstance(parsed(detail), dict)
    except ValueError:
        return False
