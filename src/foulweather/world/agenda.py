"""What is due and when: a heap of named actions, ties broken by the order in which they were put down."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import msgspec

from foulweather.world.store import State, table


class Due(msgspec.Struct, frozen=True):
    """One action to come: a reaction's name with its JSON arguments, and where it happens."""

    when_ms: int
    seq: int
    action: str
    args: dict[str, Any]
    account: str
    region: str
    trace_id: str = ""


class AgendaState(State):
    """The actions that survive a restart."""

    scope = "world"
    dues = table(Due)


class Agenda:
    """The scheduler: durable actions by name, and passing alarms for calls that wait."""

    def __init__(self, state: AgendaState) -> None:
        self._state = state
        self._seq = 0
        self._heap: list[tuple[int, int]] = []
        self._alarms: dict[int, Callable[[], None]] = {}
        self.changed: Callable[[], None] = lambda: None
        for due in state.dues.values():
            heappush(self._heap, (due.when_ms, due.seq))
            self._seq = max(self._seq, due.seq)

    def at(
        self, when_ms: int, action: str, args: dict[str, Any], *, account: str, region: str, trace_id: str = ""
    ) -> int:
        """Put down a reaction (`sns.retry_delivery`) for a time; its number can cancel it."""
        self._seq += 1
        seq = self._seq
        self._state.dues.put(str(seq), Due(when_ms, seq, action, args, account, region, trace_id))
        self._push(when_ms)
        return seq

    def alarm(self, when_ms: int, ring: Callable[[], None]) -> int:
        """Have `ring` called at a time; it belongs to a call in flight and is not kept."""
        self._seq += 1
        seq = self._seq
        self._alarms[seq] = ring
        self._push(when_ms)
        return seq

    def keep(self, due: Due) -> None:
        """Have an action that was taken and is being carried out survive a restart, until it is struck."""
        self._state.dues.put(str(due.seq), due)

    def cancel(self, seq: int) -> None:
        """Strike an action or alarm; striking what is gone is no error."""
        if self._alarms.pop(seq, None) is None and str(seq) in self._state.dues:
            self._state.dues.delete(str(seq))

    def next_ms(self) -> int | None:
        """When the next thing is due."""
        heap, alarms = self._heap, self._alarms
        while heap:
            when_ms, seq = heap[0]
            if seq in alarms or str(seq) in self._state.dues:
                return when_ms
            heappop(heap)
        return None

    def take(self, now_ms: int) -> Due | Callable[[], None] | None:
        """The next thing that is due by now, removed."""
        found = self.take_next(now_ms)
        return None if found is None else found[1]

    def take_next(self, until_ms: int) -> tuple[int, Due | Callable[[], None]] | None:
        """The next thing that is due by a time, removed, and when it is due."""
        heap = self._heap
        while heap and heap[0][0] <= until_ms:
            when_ms, seq = heappop(heap)
            ring = self._alarms.pop(seq, None)
            if ring is not None:
                return when_ms, ring
            key = str(seq)
            if key in self._state.dues:
                return when_ms, self._state.dues.delete(key)
        return None

    def end(self) -> None:
        """Ring every alarm that is set, whenever it is due, and strike every action; what is set meanwhile stays."""
        heap, self._heap = self._heap, []
        for _, seq in sorted(heap):
            ring = self._alarms.pop(seq, None)
            if ring is not None:
                ring()
            else:
                self.cancel(seq)

    def __len__(self) -> int:
        return len(self._alarms) + len(self._state.dues)

    def dues(self) -> list[Due]:
        """The durable actions in order."""
        return sorted(self._state.dues.values(), key=lambda due: (due.when_ms, due.seq))

    def _push(self, when_ms: int) -> None:
        heap, seq = self._heap, self._seq
        heappush(heap, (when_ms, seq))
        if heap[0][1] == seq:
            self.changed()
