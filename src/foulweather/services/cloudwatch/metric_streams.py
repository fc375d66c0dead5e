"""Metric streams made, changed, stopped and listed; `streaming` is what they do.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricStream.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.cloudwatch import metric_stream_checks, paging, refusals, streaming, tagging
from foulweather.services.cloudwatch.records import MetricStream
from foulweather.services.cloudwatch.series import MINUTE_MS
from foulweather.services.cloudwatch.state import WatchState

Request = Mapping[str, Any]
STREAMS_A_PAGE = 500


def put_metric_stream(call: Call, request: Request) -> dict[str, Any]:
    """Make a stream, which runs at once, or replace what one goes by; whether that runs stays as it is."""
    metric_stream_checks.check(call, request)
    state, name = call.state(WatchState), request["Name"]
    config = {key: value for key, value in request.items() if key not in ("Name", "Tags") and value not in ([], None)}
    stream = state.metric_streams.get(name)
    if stream is None:
        arn = call.arn("cloudwatch", f"metric-stream/{name}")
        stream = MetricStream(name=name, arn=arn, config=config, created_ms=call.now, updated_ms=call.now)
        stream.tags = tagging.given(request.get("Tags"))
        stream.sent_minute = call.now // MINUTE_MS - 1
        state.metric_streams.put(name, stream)
    else:
        # "If you are using this operation to update an existing metric stream, any tags you specify are ignored."
        stream.config, stream.updated_ms = config, call.now
        state.metric_streams.touch(name)
    call.changed("cloudwatch.MetricStreamPut", stream.arn, **config)
    streaming.schedule(call)
    return {"Arn": stream.arn}


def get_metric_stream(call: Call, request: Request) -> dict[str, Any]:
    """One stream, and what it goes by."""
    metric_stream_checks.check_name(request)
    stream = call.state(WatchState).metric_streams.get(request["Name"])
    if stream is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Metric stream {request['Name']} does not exist.",
            404,
            facts=refusals.facts(Name=request["Name"]),
            members={"ResourceType": "metric-stream", "ResourceId": request["Name"]},
        )
    return {**_entry(stream), **stream.config}


def list_metric_streams(call: Call, request: Request) -> dict[str, Any]:
    """The streams of this place."""
    size = request.get("MaxResults", STREAMS_A_PAGE)
    if not 1 <= size <= STREAMS_A_PAGE:
        raise refusals.invalid(f"The value {size} for parameter MaxResults is invalid.", MaxResults=size)
    streams = sorted(call.state(WatchState).metric_streams.values(), key=lambda stream: stream.name)
    listed, token = paging.page(streams, request.get("NextToken"), size)
    return {"Entries": [_entry(stream) for stream in listed], **({"NextToken": token} if token is not None else {})}


def delete_metric_stream(call: Call, request: Request) -> dict[str, Any]:
    """Delete a stream; a name of none is no error: the API has none for it."""
    metric_stream_checks.check_name(request)
    state = call.state(WatchState)
    stream = state.metric_streams.get(request["Name"])
    if stream is not None:
        state.metric_streams.delete(stream.name)
        call.changed("cloudwatch.MetricStreamDeleted", stream.arn, Name=None)
        streaming.schedule(call)
    return {}


def start_metric_streams(call: Call, request: Request) -> dict[str, Any]:
    """Let streams go on; what was published while they were stopped is not sent after."""
    for stream in _named(call, request):
        if not stream.is_running:
            stream.sent_minute = call.now // MINUTE_MS - 1
            _set_running(call, stream, True)
    streaming.schedule(call)
    return {}


def stop_metric_streams(call: Call, request: Request) -> dict[str, Any]:
    """Let streams send nothing."""
    for stream in _named(call, request):
        if stream.is_running:
            _set_running(call, stream, False)
    streaming.schedule(call)
    return {}


def _set_running(call: Call, stream: MetricStream, is_running: bool) -> None:
    stream.is_running = is_running
    call.state(WatchState).metric_streams.touch(stream.name)
    call.changed("cloudwatch.MetricStreamPut", stream.arn, State="running" if is_running else "stopped")


def _named(call: Call, request: Request) -> list[MetricStream]:
    """The streams of Names; all of them are there, or the request is refused."""
    names: list[str] = request.get("Names") or []
    if not names:
        raise refusals.missing("Names")
    streams = call.state(WatchState).metric_streams
    for name in names:
        if name not in streams:
            raise refusals.invalid(f"Metric stream {name} does not exist.", Names=names, missing=name)
    return [streams[name] for name in names]


def _entry(stream: MetricStream) -> dict[str, Any]:
    return {
        "Arn": stream.arn,
        "CreationDate": stream.created_ms,
        "LastUpdateDate": stream.updated_ms,
        "Name": stream.name,
        "FirehoseArn": stream.config["FirehoseArn"],
        "State": "running" if stream.is_running else "stopped",
        "OutputFormat": stream.config["OutputFormat"],
    }
