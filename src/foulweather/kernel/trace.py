"""The path that each request took: hops with their times, outcomes and reasons."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

import msgspec

from foulweather.kernel.why import Why
from foulweather.world.store import State, table

RECENT_HOPS_MAX = 20_000
KEPT_TRACES_MAX = 2_000
HOPS_MAX = 200
UNDER_WAY_MAX = 100


class Hop(msgspec.Struct, omit_defaults=True, gc=False):
    """One call within a trace, or one decision within a call (then `operation` says which).

    `code` is the refusal's code, empty when it went well. A hop can have a `why` without a code:
    a message that was filtered out was not refused. Reasons are trees: a hop is never part of a cycle.
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


def _is_about(trace: Trace, arn: str) -> bool:
    return any(hop.resource == arn and hop.went_wrong for hop in trace.hops)


class Traces(State):
    """The latest hops in memory; traces with a reason in them are kept.

    A call adds its hop and no more: a trace is put together when somebody asks for it.
    """

    scope = "world"
    kept = table(Trace)

    def opened(self) -> None:
        """Begin with what was kept."""
        self._recent: deque[Hop] = deque(maxlen=RECENT_HOPS_MAX)
        self._wrong = {trace.trace_id: trace for trace in sorted(self.kept.values(), key=lambda trace: trace.seq)}
        self._by_request = {hop.request_id: trace.trace_id for trace in self._wrong.values() for hop in trace.hops}
        self._seq = max((trace.seq for trace in self._wrong.values()), default=0)

    def begin(self, hop: Hop) -> None:
        """Add a hop to its trace."""
        self._recent.append(hop)
        if hop.parent_id and hop.trace_id in self._wrong:
            hops = self._wrong[hop.trace_id].hops
            if len(hops) >= HOPS_MAX:
                # A delivery may be retried a hundred thousand times: the first half and the latest tell enough.
                self._by_request.pop(hops.pop(HOPS_MAX // 2).request_id, None)
            hops.append(hop)
            self._by_request[hop.request_id] = hop.trace_id

    def keep(self, hop: Hop) -> None:
        """Keep the trace of a hop that has a reason."""
        self._seq += 1
        trace = self._wrong.pop(hop.trace_id, None) or Trace(hop.trace_id, 0, self._hops_of(hop.trace_id))
        trace.seq = self._seq
        self._wrong[trace.trace_id] = trace
        for one in trace.hops:
            self._by_request[one.request_id] = trace.trace_id
        self.kept.put(trace.trace_id, trace)
        if len(self._wrong) > KEPT_TRACES_MAX:
            oldest = self._wrong.pop(next(iter(self._wrong)))
            self.kept.delete(oldest.trace_id)
            for one in oldest.hops:
                self._by_request.pop(one.request_id, None)

    def trace_of(self, request_id: str) -> str:
        """The trace of a call that is under way or just was; a call that began one has its own id."""
        latest = islice(reversed(self._recent), UNDER_WAY_MAX)
        return next((hop.trace_id for hop in latest if hop.request_id == request_id), request_id)

    def latest(self) -> Iterator[Hop]:
        """The recent hops, the newest first."""
        return reversed(self._recent)

    def asked_by(self, request_id: str) -> list[Hop]:
        """What a call asked for itself, in order: a call that is under way or just was."""
        found: list[Hop] = []
        for hop in reversed(self._recent):
            if hop.parent_id == request_id:
                found.append(hop)
            elif hop.request_id == request_id:
                break
        return found[::-1]

    def find(self, any_id: str) -> Trace | None:
        """The trace with a request of that id in it; of an ARN, the latest in which something went wrong about it."""
        if any_id.startswith("arn:"):
            return next((one for one in reversed(self._wrong.values()) if _is_about(one, any_id)), None)
        kept = self._wrong.get(self._by_request.get(any_id, any_id))
        if kept is not None:
            return kept
        ids = (hop.trace_id for hop in self._recent if any_id in (hop.request_id, hop.trace_id))
        trace_id = next(ids, None)
        return Trace(trace_id, 0, self._hops_of(trace_id)) if trace_id is not None else None

    def last_wrong(self) -> Trace | None:
        """The trace in which something went wrong last."""
        return next(reversed(self._wrong.values()), None)

    def __iter__(self) -> Iterator[Trace]:
        found: dict[str, Trace] = {}
        for hop in self._recent:
            found.setdefault(hop.trace_id, Trace(hop.trace_id, len(found) + 1, [])).hops.append(hop)
        return iter(found.values())

    def _hops_of(self, trace_id: str) -> list[Hop]:
        """The recent hops of a trace, in order; its first hop is the request that it is named after."""
        found: list[Hop] = []
        for hop in reversed(self._recent):
            if hop.trace_id == trace_id:
                found.append(hop)
                if hop.request_id == trace_id:
                    break
        return found[::-1]
