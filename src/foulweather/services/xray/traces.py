"""Traces: those of a time, by what a filter expression says, and each with its segments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.tracing import TRACE_ID
from foulweather.services.xray import fields, limits, paging
from foulweather.services.xray.filters import compiled
from foulweather.services.xray.reading import Node, Span, Trace, trace_of, traces_between
from foulweather.services.xray.selecting import expressions_of
from foulweather.services.xray.state import XrayState

Request = Mapping[str, Any]


def get_trace_summaries(call: Call, request: Request) -> dict[str, Any]:
    """The traces of a time, in summary, of which a filter expression is true."""
    start, end = limits.checked_range(request, limits.SUMMARY_RANGE_MS_MAX)
    state = call.state(XrayState)
    expression = request.get("FilterExpression") or ""
    holds = compiled(expression, expressions_of(state)) if expression else None
    share = _share(request)
    by = request.get("TimeRangeType") or "TraceId"
    seen = [trace for trace in traces_between(state, start, end, by) if _drawn(trace.id) < share]
    seen.sort(key=lambda trace: (trace.at_ms, trace.id), reverse=True)
    found = [trace for trace in seen if trace.root is not None and (holds is None or holds(trace))]
    listed, more = paging.page(found, request)
    summaries = [_summary(trace, by) for trace in listed]
    call.happened("xray.TracesRead", "*", traces=len(seen))
    return {"TraceSummaries": summaries, "ApproximateTime": call.now, "TracesProcessedCount": len(seen), **more}


def batch_get_traces(call: Call, request: Request) -> dict[str, Any]:
    """Traces with all their segments; ids of which nothing is known are given back."""
    ids: list[str] = request["TraceIds"]
    if len(ids) > limits.TRACE_IDS_MAX:
        raise limits.invalid(f"You can request at most {limits.TRACE_IDS_MAX} traces.", TraceIds=len(ids))
    state = call.state(XrayState)
    for trace_id in ids:
        if not TRACE_ID.fullmatch(trace_id):
            raise limits.invalid(f"Invalid trace id: {trace_id}", TraceIds=trace_id)
    found = [trace_of(state, trace_id) for trace_id in dict.fromkeys(ids)]
    shown = [_shown(trace) for trace in found if trace is not None]
    call.happened("xray.TracesRead", "*", traces=len(shown))
    return {"Traces": shown, "UnprocessedTraceIds": [each for each in dict.fromkeys(ids) if each not in state.traces]}


def _shown(trace: Trace) -> dict[str, Any]:
    segments = [{"Id": row.id, "Document": row.document} for row in trace.rows.values()]
    return {
        "Id": trace.id,
        "Duration": round(trace.end - trace.start, 3),
        "LimitExceeded": False,
        "Segments": segments,
    }


def _share(request: Request) -> float:
    """Which part of the traces is looked at."""
    strategy: Request = request.get("SamplingStrategy") or {}
    if strategy.get("Value") is not None and not 0 <= strategy["Value"] <= 1:
        raise limits.invalid("The sampling value must be between 0 and 1.", SamplingStrategy=strategy["Value"])
    if not request.get("Sampling") or strategy.get("Name") != "FixedRate":
        return 1.0
    return float(strategy.get("Value", 1.0))


def _drawn(trace_id: str) -> float:
    """A number between 0 and 1 that is always the same for the same trace."""
    return int(hashlib.sha256(trace_id.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF * 0.999999


def _summary(trace: Trace, by: str) -> dict[str, Any]:
    root, spans = trace.root, list(trace.spans.values())
    assert root is not None
    made: dict[str, Any] = {
        "Id": trace.id,
        "StartTime": round(trace.start * 1000),
        "Duration": round(trace.end - trace.start, 3),
        "ResponseTime": round(root.took, 3),
        "HasFault": root.is_("fault"),
        "HasError": root.is_("error"),
        "HasThrottle": any(span.is_("throttle") for span in spans),
        "IsPartial": any(span.in_progress for span in spans),
        "Http": _http(root),
        "Annotations": _annotations(spans),
        "Users": _users(spans),
        "ServiceIds": [node.shown() for node in trace.nodes()],
        "ResourceARNs": [{"ARN": arn} for arn in _distinct(spans, fields.arns)],
        "InstanceIds": [{"Id": each} for each in _distinct(spans, fields.INSTANCES)],
        "AvailabilityZones": [{"Name": each} for each in _distinct(spans, fields.ZONES)],
        "EntryPoint": root.node.shown(),
        "Revision": len(trace.rows),
    }
    return made | {"MatchedEventTime": round(trace.start * 1000)} if by == "Event" else made


def _http(root: Span) -> dict[str, Any]:
    asked, told = root.http("request"), root.http("response")
    named = {"HttpURL": "url", "HttpMethod": "method", "UserAgent": "user_agent", "ClientIp": "client_ip"}
    made: dict[str, Any] = {name: str(asked[key]) for name, key in named.items() if asked.get(key)}
    return {**made, "HttpStatus": int(told["status"])} if isinstance(told.get("status"), int | float) else made


def _distinct(spans: list[Span], read: Any) -> list[str]:
    return list(dict.fromkeys(str(value) for span in spans for value in read(span) if value))


def _annotations(spans: list[Span]) -> dict[str, list[dict[str, Any]]]:
    """Each annotation's values, with the services that gave them."""
    found: dict[str, dict[str, tuple[Any, dict[Node, None]]]] = {}
    for span in spans:
        for key, value in span.part("annotations").items():
            if isinstance(value, str | int | float):
                held = found.setdefault(key, {}).setdefault(repr(value), (value, {}))
                held[1][span.owner.node] = None
    return {
        key: [
            {"AnnotationValue": _value(value), "ServiceIds": [node.shown() for node in nodes]}
            for value, nodes in values.values()
        ]
        for key, values in found.items()
    }


def _value(value: str | float) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BooleanValue": value}
    return {"StringValue": value} if isinstance(value, str) else {"NumberValue": float(value)}


def _users(spans: list[Span]) -> list[dict[str, Any]]:
    found: dict[str, dict[Node, None]] = {}
    for span in spans:
        user = span.document.get("user")
        if isinstance(user, str) and user:
            found.setdefault(user, {})[span.owner.node] = None
    return [{"UserName": user, "ServiceIds": [node.shown() for node in nodes]} for user, nodes in found.items()]
