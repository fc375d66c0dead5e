"""Segments that applications, their daemons and services send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.xray import documents, limits
from foulweather.services.xray.documents import Unprocessed
from foulweather.services.xray.state import Segment, XrayState

Request = Mapping[str, Any]


def put_trace_segments(call: Call, request: Request) -> dict[str, Any]:
    """Keep segment documents; those that are none are given back with a code each."""
    state = call.state(XrayState)
    left: list[dict[str, str]] = []
    for text in request["TraceSegmentDocuments"]:
        try:
            _keep(call, state, text)
        except Unprocessed as problem:
            told = {"ErrorCode": problem.code, "Message": problem.message}
            left.append({"Id": problem.document_id, **told} if problem.document_id else told)
    if left:
        codes = sorted({each["ErrorCode"] for each in left})
        facts = (Fact("request", "UnprocessedTraceSegments", len(left)), Fact("request", "ErrorCode", ", ".join(codes)))
        call.explain("PutTraceSegments", call.resource, Why("dropped", left[0]["Message"], facts), codes[0])
    call.happened("xray.SegmentsReceived", "*", received=len(request["TraceSegmentDocuments"]), unprocessed=len(left))
    return {"UnprocessedTraceSegments": left}


def put_telemetry_records(call: Call, request: Request) -> dict[str, Any]:
    """Take what a daemon says of itself: AWS shows it to nobody; here it is in the journal."""
    for record in request["TelemetryRecords"]:
        counts = {name: value for name, value in record.items() if name.startswith("Segments")}
        call.happened("xray.TelemetryReceived", request.get("ResourceARN") or "*", **counts)
    return {}


def _keep(call: Call, state: XrayState, text: str) -> None:
    document = documents.checked(text)
    segment = Segment(document["trace_id"], document["id"], call.now, text)
    if state.sizes.get(segment.trace_id, 0) + len(text) > limits.TRACE_BYTES_MAX:
        words = "Trace Size Exceeded. Reduce the number of segments per trace and the size of your segment documents."
        raise Unprocessed("InvalidSegment", segment.id, words=words)
    if segment.trace_id not in state.traces:
        call.happened("xray.TraceRecorded", "*", trace=segment.trace_id)
    state.keep(segment)
