"""The path that each request took: hops with their times, outcomes and reasons."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from foulweather.kernel.why import Why
from foulweather.world.store import State, table

RECENT_TRACES_MAX = 10_000
KEPT_TRACES_MAX = 2_000


class Hop(msgspec.Struct, omit_defaults=True):
    """One call within a trace, or one decision within a call (then `operation` says which).

    `code` is the refusal's code, empty when it went well. A hop can have a `why` without a code:
    a message that was filtered out was not refused.
    """

    request_id: str
    trace_id: str
    parent_id: str
    service: str
    operation: str
    principal: str
    account: str
    region: str
    at_ms: int
    ended_ms: int = 0
    resource: str = ""
    code: str = ""
    why: Why | None = None

    @property
    def went_wrong(self) -> bool:
        """Whether somebody would ask why."""
        return self.why is not None


class Trace(msgspec.Struct):
    """All hops of one request, in order; the first is the request itself."""

    trace_id: str
    seq: int
    hops: list[Hop]

    def first_wrong(self) -> Hop | None:
        """The hop that the request died of: the latest of the deepest that have a reason."""
        wrong = [hop for hop in self.hops if hop.went_wrong]
        parents = {hop.parent_id for hop in wrong}
        return next((hop for hop in reversed(wrong) if hop.request_id not in parents), None)


class Traces(State):
    """The latest traces in memory; those with a reason in them are kept."""

    scope = "world"
    kept = table(Trace)

    def opened(self) -> None:
        """Begin with what was kept."""
        self._recent: dict[str, Trace] = {}
        self._wrong: dict[str, Trace] = {trace.trace_id: trace for trace in self.kept.values()}
        self._by_request: dict[str, str] = {
            hop.request_id: trace.trace_id for trace in self._wrong.values() for hop in trace.hops
        }
        self._seq = max((trace.seq for trace in self._wrong.values()), default=0)

    def begin(self, hop: Hop) -> None:
        """Add a hop to its trace."""
        recent = self._recent
        trace = recent.get(hop.trace_id) or self._wrong.get(hop.trace_id)
        if trace is not None:
            trace.hops.append(hop)
            if hop.request_id != hop.trace_id:
                self._by_request[hop.request_id] = hop.trace_id
            return
        self._seq += 1
        recent[hop.trace_id] = Trace(hop.trace_id, self._seq, [hop])
        if len(recent) > RECENT_TRACES_MAX:
            oldest = recent.pop(next(iter(recent)))
            if oldest.trace_id not in self._wrong:
                for old in oldest.hops:
                    self._by_request.pop(old.request_id, None)

    def keep(self, hop: Hop) -> None:
        """Keep the trace of a hop that has a reason."""
        trace = self._recent.get(hop.trace_id) or self._wrong.get(hop.trace_id)
        if trace is None:
            return
        self._wrong.pop(trace.trace_id, None)
        self._wrong[trace.trace_id] = trace
        for one in trace.hops:
            self._by_request[one.request_id] = trace.trace_id
        self.kept.put(trace.trace_id, trace)
        if len(self._wrong) > KEPT_TRACES_MAX:
            oldest = self._wrong.pop(next(iter(self._wrong)))
            self.kept.delete(oldest.trace_id)

    def find(self, any_id: str) -> Trace | None:
        """The trace with a request of that id in it."""
        trace_id = self._by_request.get(any_id, any_id)
        return self._recent.get(trace_id) or self._wrong.get(trace_id)

    def last_wrong(self) -> Trace | None:
        """The trace in which something went wrong last."""
        return next(reversed(self._wrong.values()), None)

    def __iter__(self) -> Iterator[Trace]:
        return iter(self._recent.values())
