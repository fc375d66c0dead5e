"""Why something went wrong, and the path that a request took."""

from __future__ import annotations

from itertools import islice

import msgspec

from foulweather.kernel.trace import Trace, Traces
from foulweather.wire.admin.asking import Asked, Endpoint, Refused

TRACES_DEFAULT = 50


class TraceLine(msgspec.Struct, frozen=True):
    """One trace in a list: its first request, and what it died of, if it did."""

    trace_id: str
    at_ms: int
    service: str
    operation: str
    principal: str
    resource: str
    hops: int
    code: str
    decision: str
    cause: str


class TraceList(msgspec.Struct, frozen=True):
    """The latest traces, newest first."""

    traces: list[TraceLine]


def why(asked: Asked) -> Trace:
    """The trace of a request that went wrong, by its request id, its trace id, or `last`."""
    if asked.param != "last":
        return trace(asked)
    found = asked.hosted.world.state(Traces).last_wrong()
    if found is None:
        raise Refused(404, "NothingWentWrong", "Nothing went wrong yet.")
    return found


def trace(asked: Asked) -> Trace:
    """The trace with a request of that id in it; `last` is the latest of all."""
    traces = asked.hosted.world.state(Traces)
    if asked.param == "last":
        found = next(iter(_latest(traces, 1)), None)
        message = "No request was made yet."
    else:
        found = traces.find(asked.param)
        message = f"There is no trace of {asked.param!r}."
    if found is None:
        raise Refused(404, "NoSuchTrace", message)
    return found


def latest(asked: Asked) -> TraceList:
    """The latest traces; `wrong` leaves out those in which all went well."""
    limit = asked.count("limit", TRACES_DEFAULT)
    wrong = asked.flag("wrong")
    return TraceList([_line(found) for found in _latest(asked.hosted.world.state(Traces), limit, wrong=wrong)])


def _latest(traces: Traces, limit: int, *, wrong: bool = False) -> list[Trace]:
    # Those that are kept outlive the recent ones, and a restart.
    recent = {one.trace_id: one for one in traces}
    older = sorted((one for one in traces.kept.values() if one.trace_id not in recent), key=lambda one: one.seq)
    newest_first = reversed([*older, *recent.values()])
    wanted = (one for one in newest_first if not wrong or one.first_wrong() is not None)
    return list(islice(wanted, limit))


def _line(found: Trace) -> TraceLine:
    first, wrong = found.hops[0], found.first_wrong()
    why = wrong.why if wrong is not None else None
    return TraceLine(
        found.trace_id,
        first.at_ms,
        first.service,
        first.operation,
        first.principal,
        first.resource,
        len(found.hops),
        wrong.code if wrong is not None else "",
        why.decision if why is not None else "",
        why.first_cause().cause if why is not None else "",
    )


ENDPOINTS = (
    Endpoint(
        "GET",
        "why/{id}",
        why,
        "The trace of a request id or trace id, or of the `last` failure",
        Trace,
        query=("world",),
    ),
    Endpoint(
        "GET", "trace/{id}", trace, "The trace of a request id or trace id, or the `last` one", Trace, query=("world",)
    ),
    Endpoint("GET", "traces", latest, "The latest traces", TraceList, query=("world", "limit", "wrong")),
)
