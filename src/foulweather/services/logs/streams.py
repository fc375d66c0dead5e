"""Log streams: made, listed, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.logs import expiring, limits, naming, paging, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.scanning import shown as id_shown
from foulweather.services.logs.state import LogsState, LogStream

Request = Mapping[str, Any]


def create_log_stream(call: Call, request: Request) -> dict[str, Any]:
    """Make a log stream in a group."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"])
    state, name = call.state(LogsState), request["logStreamName"]
    arn = f"{group.arn}:log-stream:{name}"
    if name in state.streams_of[group.name]:
        raise refusals.exists("log stream", arn)
    state.add_stream(group, name, call.now)
    call.happened("logs.LogStreamCreated", arn)
    return {}


def delete_log_stream(call: Call, request: Request) -> dict[str, Any]:
    """Delete a log stream with its events."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"])
    stream = naming.require_stream(call, group, request["logStreamName"])
    if group.is_protected:
        raise AwsError(
            "ValidationException",
            f"Log group {group.name} has deletion protection enabled: its log streams cannot be deleted.",
            facts=(call.fact(group.arn, "deletionProtectionEnabled", True),),
        )
    state = call.state(LogsState)
    size = state.storage(stream).bytes
    state.remove_stream(stream)
    expiring.removed(call, group, size)
    call.happened("logs.LogStreamDeleted", f"{group.arn}:log-stream:{stream.name}")
    return {}


def describe_log_streams(call: Call, request: Request) -> dict[str, Any]:
    """A page of a group's streams, in order of name or of their last events."""
    refusals.check_model(call, request)
    by_time = request.get("orderBy") == "LastEventTime"
    prefix = request.get("logStreamNamePrefix")
    if by_time and prefix is not None:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    group = naming.require_group(call, naming.one_identifier(request))
    state = call.state(LogsState)
    expiring.expire(call, state, group)
    streams = [each for name, each in state.streams_of[group.name].items() if name.startswith(prefix or "")]
    descending = bool(request.get("descending"))
    if by_time:
        streams.sort(key=lambda each: (_last_ms(state, each), each.name), reverse=descending)
    else:
        streams.sort(key=lambda each: each.name, reverse=descending)
    limit, token = request.get("limit") or limits.LIST_PAGE, request.get("nextToken")
    found, more = paging.numbered(streams, limit, token)
    return {"logStreams": [_shown(group.arn, state, stream) for stream in found], **more}


def _last_ms(state: LogsState, stream: LogStream) -> int:
    return state.storage(stream).last_ms or stream.last_ms


def _shown(group_arn: str, state: LogsState, stream: LogStream) -> dict[str, Any]:
    told: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created_ms,
        "arn": f"{group_arn}:log-stream:{stream.name}",
        # "As of June 17, 2019, this parameter is no longer supported for log streams, and is always reported as zero."
        "storedBytes": 0,
    }
    storage = state.storage(stream)
    ingested_ms = storage.ingested_ms or stream.ingested_ms
    if ingested_ms:
        told["firstEventTimestamp"] = storage.first_ms or stream.first_ms
        told["lastEventTimestamp"] = storage.last_ms or stream.last_ms
        told["lastIngestionTime"] = ingested_ms
        told["uploadSequenceToken"] = id_shown(ingested_ms << 64 | storage.next_seq)
    return told
