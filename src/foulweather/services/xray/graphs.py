"""Service graphs, and what they show over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.xray import limits, paging, selecting
from foulweather.services.xray.filters import Named, services_of
from foulweather.services.xray.graphing import Graph, Statistics
from foulweather.services.xray.reading import Span, Trace, trace_of, traces_between
from foulweather.services.xray.state import XrayState

Request = Mapping[str, Any]
PERIODS_S = (60, 300)


def get_service_graph(call: Call, request: Request) -> dict[str, Any]:
    """The services that handled requests in a time, and those that they called."""
    start, end = limits.checked_range(request, limits.GRAPH_RANGE_MS_MAX)
    listed, more = paging.page(Graph(_chosen(call, request, start, end)).services(), request)
    return {
        "StartTime": start, "EndTime": end, "Services": list(listed), "ContainsOldGroupVersions": False, **more
    }  # fmt: skip


def get_trace_graph(call: Call, request: Request) -> dict[str, Any]:
    """The graph of certain traces."""
    state = call.state(XrayState)
    found = [trace_of(state, trace_id) for trace_id in dict.fromkeys(request["TraceIds"])]
    listed, more = paging.page(Graph(trace for trace in found if trace is not None).services(), request)
    return {"Services": list(listed), **more}


def get_time_series_service_statistics(call: Call, request: Request) -> dict[str, Any]:
    """How a service, or the calls between two, went, in periods of a minute or five; without a selector, all calls."""
    start, end = limits.checked_range(request, limits.GRAPH_RANGE_MS_MAX)
    if request.get("ForecastStatistics"):
        raise not_implemented("xray", "GetTimeSeriesServiceStatistics.ForecastStatistics")
    period_s = request.get("Period") or PERIODS_S[0]
    if period_s not in PERIODS_S:
        raise limits.invalid("The period must be 60 or 300 seconds.", Period=period_s)
    selector = request.get("EntitySelectorExpression") or ""
    source, target = services_of(selector) if selector else (Named(), Named())
    kind = "ServiceSummaryStatistics" if target is None else "EdgeSummaryStatistics"
    series: dict[int, Statistics] = {}
    for trace in _chosen(call, request, start, end):
        for span in _selected(trace, source, target):
            at_ms = round(span.start * 1000)
            if start <= at_ms <= end:
                series.setdefault(at_ms - at_ms % (period_s * 1000), Statistics()).add(span)
    shown = [
        {"Timestamp": at_ms, kind: held.summary(), "ResponseTimeHistogram": held.histogram()}
        for at_ms, held in sorted(series.items())
    ]
    listed, more = paging.page(shown, request)
    return {"TimeSeriesServiceStatistics": list(listed), "ContainsOldGroupVersions": False, **more}


def _chosen(call: Call, request: Request, start: int, end: int) -> list[Trace]:
    """The traces of a time, of a group where one is named."""
    state = call.state(XrayState)
    holds = selecting.chosen(call, state, request)
    return [trace for trace in traces_between(state, start, end) if holds is None or holds(trace)]


def _selected(trace: Trace, source: Named, target: Named | None) -> list[Span]:
    """The segments of a service, or the calls from one to another."""
    if target is None:
        return [span for node, spans in trace.nodes().items() if source.fits(node) for span in spans]
    return [span for span, node, _ in trace.calls() if source.fits(span.owner.node) and target.fits(node)]
