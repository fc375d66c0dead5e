"""Puts what one call sends on its way: a row for all its events that targets take at once, one each for the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.events import limits, refusals
from foulweather.services.events.envelopes import Envelope
from foulweather.services.events.state import Consignment, Delivery, EventsState, Owed, Parcel, Rule, Ways

Request = Mapping[str, Any]

# From bus to bus an event takes some time; so two rules that send it back and forth do not hold the clock up.
FORWARD_MS = 100


class Outgoing:
    """What a call has put on its way so far; it is delivered once it has left."""

    __slots__ = ("_call", "_loads", "now_ms")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._loads: list[_Load] = []
        self.now_ms = call.world.clock.now_ms

    def send(self, state: EventsState, rule: Rule, ways: Ways, event: Envelope) -> None:
        """Put an event on its way to each of a rule's targets."""
        if ways.at_once:
            load = self._load_of(state, event.trace_header)
            for target in ways.at_once:
                load.add(rule, target, event)
        for target in ways.slow:
            delivery = Delivery(
                self._call.world.ids.uuid(), rule.key, target, event.id, event.text, self.now_ms, self.now_ms,
                event.crossed, trace_header=event.trace_header,
            )  # fmt: skip
            state.deliveries.put(delivery.id, delivery)
            is_bus = ":event-bus/" in rule.targets[target]["Arn"]
            when_ms = self.now_ms + (FORWARD_MS if is_bus else 0)
            self._later(state, when_ms, "events.deliver", delivery=delivery.id)

    def leave(self) -> None:
        """Have what was put together delivered as soon as the call is over."""
        for load in self._loads:
            id = self._call.world.ids.uuid()
            owed = list(load.owed.values())
            load.state.consignments.put(id, Consignment(id, self.now_ms, load.parcels, owed, load.trace_header))
            self._later(load.state, self.now_ms, "events.deliver_all", consignment=id)
        self._loads.clear()

    def _load_of(self, state: EventsState, trace_header: str) -> _Load:
        for load in self._loads:
            if load.state is state and load.trace_header == trace_header:
                return load
        load = _Load(state, trace_header)
        self._loads.append(load)
        return load

    def _later(self, state: EventsState, when_ms: int, action: str, **args: str) -> None:
        self._call.world.agenda.at(
            when_ms, action, args, account=state.account, region=state.region, trace_id=self._call.trace_id
        )


def put_each(
    call: Call, entries: Sequence[Request], put: Callable[[Call, Request, Outgoing], dict[str, str]]
) -> tuple[int, int, list[dict[str, str]]]:
    """Put entries, unless they are too large together: their bytes, how many failed, and what came of each."""
    size = sum(limits.entry_bytes(entry) for entry in entries)
    if size > limits.ENTRIES_BYTES_MAX:
        raise refusals.invalid("Total size of the entries in the request is over the limit.", bytes=size)
    outgoing = Outgoing(call)
    results = [put(call, entry, outgoing) for entry in entries]
    outgoing.leave()
    return size, sum(1 for result in results if "ErrorCode" in result), results


class _Load:
    """What goes to the targets of one account and Region, in one trace."""

    __slots__ = ("_last", "owed", "parcels", "state", "trace_header")

    def __init__(self, state: EventsState, trace_header: str) -> None:
        self.state = state
        self.trace_header = trace_header
        self.parcels: list[Parcel] = []
        self.owed: dict[tuple[str, str], Owed] = {}
        self._last: Envelope | None = None

    def add(self, rule: Rule, target: str, event: Envelope) -> None:
        if event is not self._last:
            self._last = event
            self.parcels.append(Parcel(event.id, event.text, event.crossed))
        key = rule.key
        owed = self.owed.get((key, target))
        if owed is None:
            owed = self.owed[key, target] = Owed(key, target, [])
        owed.events.append(len(self.parcels) - 1)
