"""What Step Functions keeps in an account and Region, and the indexes that are made of it."""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec

from foulweather.kernel.parking import Parking
from foulweather.services.stepfunctions.history import Happening, decoded
from foulweather.services.stepfunctions.records import (
    Activity,
    Branch,
    Execution,
    MapItem,
    MapRun,
    Revision,
    StateMachine,
)
from foulweather.world.store import State, table

# "90 days. After this time, you can no longer retrieve or view the execution history." (service-quotas)
RETENTION_MS = 90 * 86_400_000


class SfnState(State):
    """State machines, executions, activities and Map Runs."""

    machines = table(StateMachine)
    revisions = table(Revision)
    executions = table(Execution)
    branches = table(Branch)
    history = table(bytes)
    activities = table(Activity)
    map_runs = table(MapRun)
    map_items = table(MapItem)

    def opened(self) -> None:
        """Find out who belongs to whom."""
        self.parts: dict[str, dict[int, Branch]] = {}
        self.chunks: dict[str, list[int]] = {}
        self.of_machine: dict[str, dict[str, None]] = {}
        self.open_count = 0
        self.uses: dict[str, int] = {}
        self.seq = 0
        self.closed: deque[tuple[int, str]] = deque()
        self.queued: dict[str, deque[tuple[str, int, int]]] = {}
        self.polling: dict[str, Parking] = {}
        self.awaited: dict[str, Parking] = {}
        self.live_items: dict[str, list[tuple[Any, str]]] = {}
        self.live_inputs: dict[str, Any] = {}
        """The inputs of executions and of Maps that are under way, read: they are asked for again at each iteration."""
        self.deliveries: dict[str, str] = {}
        self.keys_checked: dict[tuple[str, str], int] = {}
        """Until when the roles of revisions need not ask KMS again."""
        self.traced: dict[str, list[Happening]] = {}
        """What happened in traced executions of Express Workflows, until their segments are sent."""
        for branch in self.branches.values():
            self.parts.setdefault(branch.execution, {})[branch.id] = branch
        for key in self.history:
            arn, _, first = key.rpartition("#")
            self.chunks.setdefault(arn, []).append(int(first))
        for chunks in self.chunks.values():
            chunks.sort()
        for execution in sorted(self.executions.values(), key=lambda each: each.seq):
            self.listed(execution)
        waiting = [branch for branch in self.branches.values() if branch.waits == "activity" and not branch.begun_ms]
        for branch in sorted(waiting, key=lambda each: (each.scheduled_ms, each.key)):
            self.queued.setdefault(branch.resource, deque()).append((branch.execution, branch.id, branch.turn))
        self.closed.extend(sorted((each.stopped_ms, each.arn) for each in self.executions.values() if each.stopped_ms))

    def listed(self, execution: Execution) -> None:
        """Put an execution among its machine's, or its Map Run's."""
        self.of_machine.setdefault(execution.map_run or execution.machine, {})[execution.arn] = None
        self.seq = max(self.seq, execution.seq)
        self.uses[execution.revision] = self.uses.get(execution.revision, 0) + 1
        if execution.status == "RUNNING":
            self.open_count += 1

    def of(self, arn: str) -> list[Execution]:
        """The executions of a machine or Map Run, the first begun first."""
        return [self.executions[each] for each in self.of_machine.get(arn, ()) if each in self.executions]

    def write(self, arn: str, events: list[Happening]) -> None:
        """Add to an execution's history."""
        first = events[0].id
        self.history.put(f"{arn}#{first}", msgspec.msgpack.encode(events))
        self.chunks.setdefault(arn, []).append(first)

    def events(self, arn: str) -> list[Happening]:
        """An execution's history."""
        found: list[Happening] = []
        for first in self.chunks.get(arn, ()):
            found += decoded(self.history[f"{arn}#{first}"])
        return found

    def forget(self, arn: str) -> None:
        """Remove an execution with all that it left."""
        execution = self.executions[arn]
        for first in self.chunks.pop(arn, ()):
            self.history.delete(f"{arn}#{first}")
        for branch in list(self.parts.pop(arn, {}).values()):
            if branch.key in self.branches:
                self.branches.delete(branch.key)
        for run in [each for each in self.map_runs.values() if each.execution == arn]:
            for number in range(run.batches):
                if f"{run.arn}#{number}" in self.map_items:
                    self.map_items.delete(f"{run.arn}#{number}")
            self.map_runs.delete(run.arn)
        self.remove(execution)

    def remove(self, execution: Execution) -> None:
        """Remove an execution's own row."""
        self.executions.delete(execution.arn)
        self.of_machine.get(execution.map_run or execution.machine, {}).pop(execution.arn, None)
        self.uses[execution.revision] -= 1
        self.drop_unused(execution.revision)

    def expire(self, now_ms: int) -> None:
        """Forget what closed more than 90 days ago."""
        while self.closed and self.closed[0][0] <= now_ms - RETENTION_MS:
            stopped_ms, arn = self.closed.popleft()
            found = self.executions.get(arn)
            if found is not None and found.stopped_ms == stopped_ms:
                self.forget(arn)

    def drop_unused(self, revision: str) -> None:
        """Forget a revision that nothing refers to any more."""
        machine = self.machines.get(revision.rpartition("/")[0])
        if machine is not None and (
            machine.revision == revision or any(each.revision == revision for each in machine.versions.values())
        ):
            return
        if not self.uses.get(revision) and revision in self.revisions:
            self.uses.pop(revision, None)
            self.revisions.delete(revision)
