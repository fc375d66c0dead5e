"""PutEvents: custom events onto buses.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel import tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact, Why
from foulweather.services.events import limits, naming, refusals, routing
from foulweather.services.events.consignments import Outgoing, put_each
from foulweather.services.events.envelopes import detail_of, made
from foulweather.services.events.state import EventsState
from foulweather.world.flights import asking

Request = Mapping[str, Any]


def put_events(call: Call, request: Request) -> dict[str, Any]:
    """Put events on buses; an entry that cannot be one fails by itself."""
    if request.get("EndpointId"):
        raise not_implemented("events", "PutEvents.EndpointId")
    entries: list[Request] = request["Entries"]
    size, failed, results = put_each(call, entries, _put)
    chunks = sum(
        -(-limits.entry_bytes(entry) // limits.CHUNK_BYTES)
        for entry, result in zip(entries, results, strict=True)
        if "ErrorCode" not in result
    )
    call.happened("events.PutEvents", call.resource, entries=len(entries), failed=failed, bytes=size, chunks=chunks)
    return {"FailedEntryCount": failed, "Entries": results}


def _put(call: Call, entry: Request, outgoing: Outgoing) -> dict[str, str]:
    lacking = refusals.of_entry(entry)
    if lacking is not None:
        return lacking
    if entry["Source"].lower().startswith("aws."):
        return refusals.NOT_YOUR_SOURCE
    detail = detail_of(entry["Detail"])
    if detail is None:
        return refusals.MALFORMED
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
        document=detail,
    )
    event.trace_header = _trace_header(call, entry)
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
    routing.publish(call, state, bus, event, outgoing=outgoing)
    return {"EventId": event.id}


def _trace_header(call: Call, entry: Request) -> str:
    """The trace header that goes with an event: the entry's own stands above the caller's; one that is none is dropped.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-xray-integ.html
    """
    given = entry.get("TraceHeader")
    if given is not None:
        found = tracing.read(given)
    elif (asker := asking.get()) is not None:
        found = tracing.read(asker.trace_header)
    else:
        found = tracing.carried(call)
    # Lambda finds loops by the lineage over SQS, SNS and S3 alone.
    return "" if found is None else str(found._replace(lineage=""))
