"""Log events: put, read stream by stream, and searched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.logs import ingesting, keys, limits, naming, paging, refusals
from foulweather.services.logs.filter_patterns import InvalidPattern, Pattern, compiled
from foulweather.services.logs.refusals import invalid, no_group, no_stream
from foulweather.services.logs.scanning import TIME_SHIFT, Found, Scan, shown
from foulweather.services.logs.state import LogGroup, LogsState
from foulweather.services.logs.storage import EVENT_OVERHEAD_BYTES, Storage

Request = Mapping[str, Any]
_TOKEN: Final = re.compile(r"([fb])/(\d{56})/s")
_FOREVER: Final = 1 << 48 << TIME_SHIFT
# Later than any event, and still a token of 56 digits.
_LATEST_MS: Final = 1 << 41


def put_log_events(call: Call, request: Request) -> dict[str, Any]:
    """Store a batch of events; sequence tokens are ignored, and what is too old or too new is told."""
    group_name, stream_name = request.get("logGroupName"), request.get("logStreamName")
    if group_name is None or stream_name is None:
        refusals.check_model(call, request)
    batch = ingesting.checked_batch(call, request)
    state = call.state(LogsState)
    group = state.groups.get(group_name or "")
    if group is None:
        refusals.check_model(call, request)
        raise no_group(call.arn("logs", f"log-group:{group_name}"), call.region)
    stream = state.streams_of[group.name].get(stream_name or "")
    if stream is None:
        refusals.check_model(call, request)
        raise no_stream(group.arn, stream_name or "")
    if group.key:
        keys.check_usable(call, state, group)
    error_type = ""
    if request.get("entity"):
        entity, error_type = ingesting.entity_of(request["entity"])
        batch = batch._replace(entity=entity)
    rejected = ingesting.accept(call, state, group, stream, batch)
    # Tokens are not looked at any more, but clients still get one.
    answer: dict[str, Any] = {"nextSequenceToken": shown(call.now << TIME_SHIFT | state.storage(stream).next_seq)}
    if rejected:
        answer["rejectedLogEventsInfo"] = rejected
    if error_type:
        answer["rejectedEntityInfo"] = {"errorType": error_type}
    return answer


def get_log_events(call: Call, request: Request) -> dict[str, Any]:
    """A page of a stream's events, the newest ones by default, with tokens for both directions."""
    refusals.check_model(call, request)
    group = naming.require_group(call, naming.one_identifier(request), *naming.READABLE)
    stream = naming.require_stream(call, group, request["logStreamName"])
    state = call.state(LogsState)
    keys.check_usable(call, state, group)
    start_ms, end_ms = _range(request)
    low = max(start_ms, _kept_since(call, group)) << TIME_SHIFT
    high = _FOREVER if end_ms is None else end_ms << TIME_SHIFT
    token: str | None = request.get("nextToken")
    is_forward = bool(request.get("startFromHead"))
    place = 0
    if token is not None:
        read = _TOKEN.fullmatch(token)
        if read is None:
            raise invalid("The specified nextToken is invalid.", Fact("request", "nextToken", token))
        is_forward, place = read[1] == "f", int(read[2])
        low, high = (max(low, place + 1), high) if is_forward else (low, min(high, place))
    scan = Scan({stream.number: state.storage(stream)}, low, high)
    events = _page(scan, request.get("limit"), is_forward=is_forward)
    if events:
        first, last = events[0].id, events[-1].id
    elif token is not None:
        first, last = (place + 1, place) if is_forward else (place, max(place - 1, 0))
    else:
        first, last = low, max(low - 1, 0)
    unmask = bool(request.get("unmask"))
    return {
        "events": [
            {
                "timestamp": event.time_ms,
                "message": event.message if unmask else event.masked,
                "ingestionTime": event.ingested_ms,
            }
            for event in events
        ],
        "nextForwardToken": f"f/{shown(last)}/s",
        "nextBackwardToken": f"b/{shown(first)}/s",
    }


def filter_log_events(call: Call, request: Request) -> dict[str, Any]:
    """A page of a group's events of all its streams that match, interleaved in order of time."""
    refusals.check_model(call, request)
    pattern = _pattern(request)
    if request.get("logStreamNames") is not None and request.get("logStreamNamePrefix") is not None:
        raise invalid("logStreamNamePrefix and logStreamNames are mutually exclusive parameters.")
    group = naming.require_group(call, naming.one_identifier(request), *naming.READABLE)
    state = call.state(LogsState)
    storages, names = _chosen(state, group, request)
    keys.check_usable(call, state, group)
    start_ms, end_ms = _range(request)
    low = max(start_ms, _kept_since(call, group)) << TIME_SHIFT
    high = _FOREVER if end_ms is None else (end_ms + 1) << TIME_SHIFT
    if request.get("nextToken") is not None:
        low = max(low, _resumed(call, request["nextToken"]))
    unmask = bool(request.get("unmask"))
    scan = Scan(storages, low, high, pattern, bytes_max=limits.PAGE_SCANNED_BYTES, shows_masked=unmask)
    events = _page(scan, request.get("limit"), is_forward=True)
    answer: dict[str, Any] = {
        "events": [
            {
                "logStreamName": names[event.stream],
                "timestamp": event.time_ms,
                "message": event.message if unmask else event.masked,
                "ingestionTime": event.ingested_ms,
                "eventId": shown(event.id),
            }
            for event in events
        ],
        # "As of May 15, 2020, this parameter is no longer supported. This parameter returns an empty list."
        "searchedLogStreams": [],
    }
    if scan.resume_at is not None:
        answer["nextToken"] = paging.written("events", f"{scan.resume_at} {call.now}")
    return answer


def _pattern(request: Request) -> Pattern:
    try:
        return compiled(request.get("filterPattern") or "")
    except InvalidPattern as error:
        raise invalid(error.message, Fact("request", "filterPattern", request["filterPattern"])) from error


def _range(request: Request) -> tuple[int, int | None]:
    start_ms, end_ms = request.get("startTime", 0), request.get("endTime")
    if end_ms is not None and start_ms > end_ms:
        raise invalid(
            "startTime must be less than or equal to endTime.",
            Fact("request", "startTime", start_ms),
            Fact("request", "endTime", end_ms),
        )
    return min(start_ms, _LATEST_MS), end_ms


def _kept_since(call: Call, group: LogGroup) -> int:
    """Before when events have expired: "expired log events are not retrievable"."""
    return max(call.now - group.retention_ms, 0) if group.retention_ms else 0


def _chosen(state: LogsState, group: LogGroup, request: Request) -> tuple[dict[int, Storage], dict[int, str]]:
    """The streams to search, by number."""
    streams = state.streams_of[group.name]
    if request.get("logStreamNames") is not None:
        chosen = [streams.get(name) for name in request["logStreamNames"]]
        if None in chosen:
            raise no_stream(group.arn, request["logStreamNames"][chosen.index(None)])
    else:
        prefix = request.get("logStreamNamePrefix", "")
        chosen = [stream for name, stream in streams.items() if name.startswith(prefix)]
    found = [stream for stream in chosen if stream is not None]
    return (
        {stream.number: state.storage(stream) for stream in found},
        {stream.number: stream.name for stream in found},
    )


def _resumed(call: Call, token: str) -> int:
    place, _, issued_ms = paging.read(token, "events").partition(" ")
    if call.now - int(issued_ms) > limits.TOKEN_MS:
        raise invalid("The specified nextToken has expired.", Fact("request", "nextToken", token))
    return int(place)


def _page(scan: Scan, limit: int | None, *, is_forward: bool) -> list[Found]:
    """As many events as fit in a page, in order of time."""
    count_max, left = limit or limits.PAGE_EVENTS, limits.PAGE_BYTES
    events: list[Found] = []
    for event in scan.forward() if is_forward else scan.backward():
        left -= len(event.message.encode()) + EVENT_OVERHEAD_BYTES
        if (left < 0 and events) or len(events) == count_max:
            scan.resume_at = event.id
            break
        events.append(event)
    if not is_forward:
        events.reverse()
    return events
