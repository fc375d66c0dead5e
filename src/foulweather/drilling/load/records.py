"""What came of an application's calls: outcomes by operation and code, latencies, and how they went over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.drilling.load.histogram import Histogram

SLOTS_MAX = 7200
_COARSER = {1000: 10_000, 10_000: 60_000, 60_000: 600_000}


class _Slot:
    """A second of calls (or ten, or a minute: see `Records.slot_ms`)."""

    __slots__ = ("codes", "latency")

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.latency = Histogram()

    def merge(self, other: _Slot) -> None:
        for code, count in other.codes.items():
            self.codes[code] = self.codes.get(code, 0) + count
        self.latency.merge(other.latency)


class Moment(NamedTuple):
    """One step of a time line: the calls that ended in it."""

    at_ms: int
    calls: int
    errors: int
    codes: Mapping[str, int]
    latency: Histogram


class Records:
    """The outcomes of calls, light enough for millions of them.

    `slot_ms` is how finely the time line is kept: by the second at first, coarser when it gets long.
    """

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], int] = {}
        self.slot_ms = 1000
        self._slots: dict[int, _Slot] = {}

    def add(self, operation: str, code: str, started_ms: int, ended_ms: int) -> None:
        """Record one call; the code is empty when it went well."""
        outcome = (operation, code)
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        slot = self._slots.get(ended_ms // self.slot_ms)
        if slot is None:
            slot = self._opened(ended_ms)
        codes = slot.codes
        codes[code] = codes.get(code, 0) + 1
        slot.latency.add(ended_ms - started_ms)

    # --- asked for

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return sum(self.outcomes.values())

    @property
    def latency(self) -> Histogram:
        """How long all of them took, put together from the time line."""
        whole = Histogram()
        for slot in self._slots.values():
            whole.merge(slot.latency)
        return whole

    @property
    def errors(self) -> int:
        """How many calls failed."""
        return sum(count for (_, code), count in self.outcomes.items() if code)

    def count(self, operation: str = "", code: str | None = None) -> int:
        """Calls of an operation (any if empty) with a code (any if None; `""` is those that went well)."""
        return sum(
            count
            for (one, outcome), count in self.outcomes.items()
            if (not operation or one == operation) and (code is None or outcome == code)
        )

    def codes(self) -> dict[str, int]:
        """Errors by code, the most frequent first."""
        found: dict[str, int] = {}
        for (_, code), count in self.outcomes.items():
            if code:
                found[code] = found.get(code, 0) + count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def summary(self) -> dict[str, Any]:
        """Everything in numbers, as JSON."""
        return {
            "calls": self.calls,
            "errors": self.errors,
            "outcomes": [
                {"operation": operation, "code": code, "count": count}
                for (operation, code), count in sorted(self.outcomes.items())
            ],
            "latency_ms": self.latency.summary(),
        }

    def table(self) -> str:
        """The summary for people."""
        rows, calls = [("operation", "outcome", "count", "share")], self.calls
        for (operation, code), count in sorted(self.outcomes.items(), key=lambda item: (item[0][0], -item[1])):
            tenths = count * 1000 // calls
            rows.append((operation, code or "ok", f"{count:,}", f"{tenths // 10}.{tenths % 10} %"))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [
            f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}"
            for row in rows
        ]
        told = self.latency.summary()
        lines.append(
            "latency  " + "  ".join(f"{name} {told[name]:,} ms" for name in ("p50", "p90", "p95", "p99", "max"))
        )
        return "\n".join(lines)

    def since(self, since_ms: int, until_ms: int | None = None) -> Moment:
        """The calls that ended from one time to another, to the slot, as one."""
        whole = _Slot()
        for number, slot in self._slots.items():
            if number * self.slot_ms >= since_ms and (until_ms is None or number * self.slot_ms < until_ms):
                whole.merge(slot)
        return _moment(since_ms, whole)

    def timeline(self, step_ms: int) -> list[Moment]:
        """The calls step by step, from the first to the last; a step is a multiple of `slot_ms`, or becomes one."""
        if not self._slots:
            return []
        step_ms = self.step_ms(step_ms)
        steps: dict[int, _Slot] = {}
        for number, slot in self._slots.items():
            steps.setdefault(number * self.slot_ms // step_ms, _Slot()).merge(slot)
        empty = _Slot()
        return [_moment(at * step_ms, steps.get(at, empty)) for at in range(min(steps), max(steps) + 1)]

    def step_ms(self, wanted_ms: int) -> int:
        """The step that a time line is given in for the one that is wanted: a multiple of `slot_ms`."""
        return -(-max(wanted_ms, self.slot_ms) // self.slot_ms) * self.slot_ms

    # --- kept

    def _opened(self, at_ms: int) -> _Slot:
        if len(self._slots) >= SLOTS_MAX and self.slot_ms in _COARSER:
            fine, fine_ms = self._slots, self.slot_ms
            self._slots, self.slot_ms = {}, _COARSER[fine_ms]
            for number, slot in fine.items():
                self._slots.setdefault(number * fine_ms // self.slot_ms, _Slot()).merge(slot)
        return self._slots.setdefault(at_ms // self.slot_ms, _Slot())


def _moment(at_ms: int, slot: _Slot) -> Moment:
    errors = sum(count for code, count in slot.codes.items() if code)
    return Moment(at_ms, slot.latency.count, errors, slot.codes, slot.latency)
