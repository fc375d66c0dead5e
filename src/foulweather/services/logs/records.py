"""What fields events have: of one event, and of a group's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.logs import keys, naming, querying, refusals
from foulweather.services.logs.insights.fields import discovered
from foulweather.services.logs.scanning import Scan, position
from foulweather.services.logs.state import LogsState

Request = Mapping[str, Any]
_SAMPLED_MAX: Final = 1_000
_OWN_FIELDS: Final = ("@ingestionTime", "@log", "@logStream", "@message", "@ptr", "@timestamp")


def get_log_record(call: Call, request: Request) -> dict[str, Any]:
    """All fields of the event that a query's @ptr points to."""
    refusals.check_model(call, request)
    group, event_id = querying.pointed(call, request["logRecordPointer"])
    if request.get("unmask"):
        call.pipeline.require(call, querying.unmasking(group))
    state = call.state(LogsState)
    keys.check_usable(call, state, group)
    number = position(event_id).stream
    stream = next((each for each in state.streams_of[group.name].values() if each.number == number), None)
    scan = Scan({number: state.storage(stream)}, event_id, event_id + 1) if stream is not None else None
    event = next(scan.forward(), None) if scan is not None else None
    if stream is None or event is None or (group.retention_ms and event.time_ms < call.now - group.retention_ms):
        raise refusals.not_found("log record", request["logRecordPointer"])
    message = event.message if request.get("unmask") else event.masked
    return {
        "logRecord": {
            "@ingestionTime": str(event.ingested_ms),
            "@log": f"{group.account}:{group.name}",
            "@logStream": stream.name,
            "@message": message,
            "@timestamp": str(event.time_ms),
            **discovered(event.transformed or message, group.name),
            **({"@transformationError": event.error} if event.error else {}),
        }
    }


def get_log_group_fields(call: Call, request: Request) -> dict[str, Any]:
    """The fields of a group's recent events, or of those around a time, and how many of them have each."""
    refusals.check_model(call, request)
    group = naming.require_group(call, naming.one_identifier(request), *naming.QUERYABLE)
    keys.check_usable(call, call.state(LogsState), group)
    start_ms, end_ms = call.now - querying.RECENT_MS, call.now
    if request.get("time"):
        center_ms = request["time"] * 1000
        start_ms, end_ms = center_ms - querying.AROUND_MS, center_ms + querying.AROUND_MS
    counts: Counter[str] = Counter()
    total = 0
    for record in islice(querying.records(call, [group], start_ms, end_ms), _SAMPLED_MAX):
        total += 1
        counts.update(discovered(record.text, record.log_group).keys())
        counts.update(_OWN_FIELDS)
    found = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return {"logGroupFields": [{"name": name, "percent": count * 100 // total} for name, count in found]}
