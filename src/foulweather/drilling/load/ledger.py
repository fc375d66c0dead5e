"""What was asked of a system and what took effect: the books that an SLO is judged by.

Each business event has a number, its key: `ask` gives the next one, `key_of` the one of a name. Rows
are columns of numbers, not objects, so that a ledger holds millions.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import islice
from typing import Any, NamedTuple, cast

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.histogram import Histogram

_NEVER = -1
_NONE = 0xFFFF_FFFF


class Effect(NamedTuple):
    """One time that an event took effect."""

    at_ms: int
    worker: int
    message_id: str
    receive_count: int


class Report(NamedTuple):
    """What became of the events that were asked in a window; those whose deadline is yet to come are `pending`.

    `served` had exactly one effect, within the deadline. `lost` had none by then (and `late` of them had one
    since). `duplicated` had several, `out_of_order` came after a later event of their group.
    """

    asked: int
    pending: int
    served: int
    lost: int
    late: int
    duplicated: int
    out_of_order: int
    latency: Histogram

    @property
    def judged(self) -> int:
        """The events whose deadline is over."""
        return self.asked - self.pending

    @property
    def served_permille(self) -> int:
        """Served of a thousand judged; 1000 where there was nothing to serve."""
        return 1000 * self.served // self.judged if self.judged else 1000

    def summary(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            **{name: value for name, value in self._asdict().items() if name != "latency"},
            "served_permille": self.served_permille,
            "latency_ms": self.latency.summary(),
        }


class Ledger:
    """What was asked, and when it took effect."""

    def __init__(self) -> None:
        self._asked_ms = array("q")
        self._group = array("I")
        self._first_ms = array("q")
        self._effects = array("I")
        self._is_out_of_order = bytearray()
        self._latest = array("I")  # the latest effect of each row; each effect knows the one before it
        self._earlier = array("I")
        self._at_ms = array("q")
        self._worker = array("H")
        self._receives = array("H")
        self._message = bytearray()
        self._names: dict[str, int] = {}
        self._groups: dict[str, int] = {"": 0}
        self._newest: dict[int, int] = {}  # by group, the latest asked event that took effect
        self.unasked = 0

    @classmethod
    def of(cls, lab: Lab) -> Ledger:
        """The lab's ledger."""
        found = lab.world.attached.get(cls)
        if found is None:
            found = lab.world.attached[cls] = cls()
        return cast(Ledger, found)

    def __len__(self) -> int:
        return len(self._asked_ms)

    # --- written

    def ask(self, at_ms: int, group: str = "") -> int:
        """Note that something was asked, and give its key; events of one group are due in the order they were asked."""
        key = len(self._asked_ms)
        number = self._groups.get(group)
        if number is None:
            number = self._groups[group] = len(self._groups)
        self._asked_ms.append(at_ms)
        self._group.append(number)
        self._first_ms.append(_NEVER)
        self._effects.append(0)
        self._is_out_of_order.append(0)
        self._latest.append(_NONE)
        return key

    def key_of(self, name: str, at_ms: int, group: str = "") -> int:
        """The key of a named event, which is asked now if it was not yet."""
        key = self._names.get(name)
        if key is None:
            key = self._names[name] = self.ask(at_ms, group)
        return key

    def effect(self, key: int, at_ms: int, worker: int = 0, message_id: str = "", receive_count: int = 1) -> None:
        """Note that an event took effect; a key that nobody asked for is counted as `unasked`."""
        if not 0 <= key < len(self._asked_ms):
            self.unasked += 1
            return
        self._effects[key] += 1
        if self._first_ms[key] == _NEVER:
            self._first_ms[key] = at_ms
            group = self._group[key]
            if group:
                if self._newest.get(group, -1) > key:
                    self._is_out_of_order[key] = 1
                else:
                    self._newest[group] = key
        self._earlier.append(self._latest[key])
        self._latest[key] = len(self._at_ms)
        self._at_ms.append(at_ms)
        self._worker.append(worker & 0xFFFF)
        self._receives.append(receive_count if receive_count < 0xFFFF else 0xFFFF)
        self._message += _packed(message_id)

    # --- read

    def has_effect(self, key: int) -> bool:
        """Whether an event took effect already."""
        return 0 <= key < len(self._effects) and self._effects[key] > 0

    def asked_at_ms(self, key: int) -> int:
        """When an event was asked."""
        return self._asked_ms[key]

    def effects_of(self, key: int) -> list[Effect]:
        """Every time that an event took effect."""
        found: list[Effect] = []
        at = self._latest[key]
        while at != _NONE:
            message_id = _unpacked(self._message[16 * at : 16 * at + 16])
            found.append(Effect(self._at_ms[at], self._worker[at], message_id, self._receives[at]))
            at = self._earlier[at]
        return found[::-1]

    def lost(self, now_ms: int, deadline_ms: int, since_ms: int = 0, at_most: int = 100) -> list[int]:
        """The keys of events without an effect whose deadline is over."""
        rows = range(self._row_at(since_ms), self._row_at(now_ms - deadline_ms + 1))
        return list(islice((key for key in rows if not self._effects[key]), at_most))

    def duplicated(self, since_ms: int = 0, at_most: int = 100) -> list[int]:
        """The keys of events with several effects."""
        rows = range(self._row_at(since_ms), len(self._effects))
        return list(islice((key for key in rows if self._effects[key] > 1), at_most))

    def disordered(self, since_ms: int = 0) -> list[int]:
        """The keys of events whose first effect came after that of a later event of their group."""
        rows = range(self._row_at(since_ms), len(self._effects))
        return [key for key in rows if self._is_out_of_order[key]]

    def report(self, *, now_ms: int, deadline_ms: int, since_ms: int = 0, until_ms: int | None = None) -> Report:
        """What became of the events that were asked from one time up to another."""
        first = self._row_at(since_ms)
        end = len(self._asked_ms) if until_ms is None else self._row_at(until_ms)
        pending = served = lost = late = duplicated = out_of_order = 0
        latency = Histogram()
        asked_ms, first_ms, effects = self._asked_ms, self._first_ms, self._effects
        for key in range(first, end):
            done_ms = first_ms[key]
            took_ms = done_ms - asked_ms[key]
            if done_ms != _NEVER:
                latency.add(took_ms)
                duplicated += effects[key] > 1
                out_of_order += self._is_out_of_order[key]
            if done_ms == _NEVER or took_ms > deadline_ms:
                if asked_ms[key] + deadline_ms >= now_ms and done_ms == _NEVER:
                    pending += 1
                else:
                    lost += 1
                    late += done_ms != _NEVER
            elif effects[key] == 1:
                served += 1
        return Report(end - first, pending, served, lost, late, duplicated, out_of_order, latency)

    def timeline(self, step_ms: int, *, now_ms: int, deadline_ms: int, since_ms: int = 0) -> list[tuple[int, Report]]:
        """Reports step by step of when events were asked."""
        if not self._asked_ms:
            return []
        start = max(since_ms, self._asked_ms[0]) // step_ms * step_ms
        return [
            (at_ms, self.report(now_ms=now_ms, deadline_ms=deadline_ms, since_ms=at_ms, until_ms=at_ms + step_ms))
            for at_ms in range(start, now_ms, step_ms)
        ]

    def _row_at(self, at_ms: int) -> int:
        """The first event that was asked then or later: a world's time does not run backwards, so rows are in order."""
        return bisect_left(self._asked_ms, at_ms)


def _packed(message_id: str) -> bytes:
    """A UUID in its sixteen bytes; whatever else by its first ones."""
    try:
        packed = bytes.fromhex(message_id.replace("-", ""))
    except ValueError:
        packed = message_id.encode()
    return packed if len(packed) == 16 else packed.ljust(16, b"\0")[:16]


def _unpacked(packed: bytes | bytearray) -> str:
    if not any(packed):
        return ""
    digits = packed.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
