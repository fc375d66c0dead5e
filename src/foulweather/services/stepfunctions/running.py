"""One execution, taken as far as it goes without waiting; what it then waits for is in rows and on the agenda."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, NamedTuple

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.why import Why
from foulweather.services.stepfunctions import limits, logging
from foulweather.services.stepfunctions.history import EVENTS_MAX, Happening
from foulweather.services.stepfunctions.language import context
from foulweather.services.stepfunctions.language.records import AnyState, Scope
from foulweather.services.stepfunctions.programs import Programs
from foulweather.services.stepfunctions.records import Branch, Execution, Waits
from foulweather.services.stepfunctions.state import SfnState
from foulweather.world.world import World

# A flow that never waits is slowed down to a transition a millisecond, or nothing would ever end an endless one.
STEPS_MAX = 1_000
encoded = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode


def encode(value: Any) -> str:
    """A payload as text."""
    return encoded(value).decode()


class Trouble(NamedTuple):
    """An error by its name, with its cause; `why` is what is known beneath."""

    error: str
    cause: str | None = None
    why: Why | None = None
    is_terminal: bool = False


class Full(Exception):
    """The history holds as many events as a history may."""


Job = Callable[["Run"], None]


class Run:
    """An execution being taken further in one turn."""

    __slots__ = (
        "_entered",
        "_execution_context",
        "_machine_context",
        "_take",
        "branches",
        "call",
        "dirty",
        "events",
        "execution",
        "is_full",
        "jobs",
        "now",
        "program",
        "revision",
        "state",
        "steps",
        "world",
    )

    def __init__(self, call: Call, state: SfnState, execution: Execution) -> None:
        self.call = call
        self.world = call.world
        self.state = state
        self.execution = execution
        self.now = call.world.clock.now_ms
        self.revision = state.revisions[execution.revision]
        self.program = Programs.of(call.world).program(self.revision)
        self.branches = state.parts.setdefault(execution.arn, {})
        self.events: list[Happening] = []
        self.dirty: set[int] = set()
        self.jobs: deque[Job] = deque()
        self.steps = 0
        self.is_full = False
        self._entered = (0, "")
        self._take: Callable[[], int] | None = None
        self._execution_context: dict[str, Any] | None = None
        self._machine_context: dict[str, Any] = {}

    # --- what there is

    def state_of(self, branch: Branch) -> AnyState:
        """The state where a branch stands."""
        return self.program.flow(branch.place).states[branch.state]

    def children(self, branch: Branch) -> list[Branch]:
        """The branches or iterations of a Parallel or Map, in their order."""
        found = [each for each in self.branches.values() if each.parent == branch.id]
        return sorted(found, key=lambda each: each.index)

    def new_branch(self, place: tuple[str, ...], parent: Branch | None = None, index: int = 0) -> Branch:
        """A flow of control of its own."""
        number = self.execution.branches
        self.execution.branches = number + 1
        last = 0 if parent is None else parent.last_event
        branch = Branch(number, self.execution.arn, place, -1 if parent is None else parent.id, index, last_event=last)
        self.branches[number] = branch
        self.dirty.add(number)
        return branch

    def drop(self, branch: Branch) -> None:
        """Forget a branch that has ended."""
        self.disarm(branch)
        del self.branches[branch.id]
        if branch.key in self.state.branches:
            self.state.branches.delete(branch.key)

    def variables(self, branch: Branch) -> dict[str, Any]:
        """The variables that a branch sees: its own, and those around it."""
        own: dict[str, Any] = decode(branch.variables) if branch.variables else {}
        if branch.parent >= 0:
            return {**self.variables(self.branches[branch.parent]), **own}
        return own

    def scope(self, branch: Branch, *, token: str = "") -> Scope:
        """What expressions of the state where a branch stands can see."""
        held: Mapping[str, Any] = self.context(branch)
        if token:
            held = {**held, "Task": {"Token": token}}
        seen = self.variables(branch) if branch.variables or branch.parent >= 0 else {}
        scope = Scope(held, seen, self.world.random.random, self.world.ids.uuid, self.now)
        around: Branch | None = branch
        while around is not None and not around.item:
            around = self.branches.get(around.parent)
        if around is None:
            return scope
        return context.with_item(scope, around.index, decode(around.item), around.item_key or None)

    def context(self, branch: Branch) -> dict[str, Any]:
        """The Context object.

        https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
        """
        if self._execution_context is None:
            self._fill_contexts()
        if self._entered[0] != branch.entered_ms:
            self._entered = branch.entered_ms, iso(branch.entered_ms)
        return {
            "Execution": self._execution_context,
            "State": {"EnteredTime": self._entered[1], "Name": branch.state, "RetryCount": sum(branch.retried)},
            "StateMachine": self._machine_context,
        }

    def input(self) -> Any:
        """The execution's input, read."""
        found = self.state.live_inputs.get(self.execution.arn)
        return decode(self.execution.input) if found is None else found

    def _fill_contexts(self) -> None:
        execution = self.execution
        self._execution_context = {
            "Id": execution.arn,
            "Input": self.input(),
            "Name": execution.name,
            "RoleArn": self.revision.role,
            "StartTime": iso(execution.started_ms),
            "RedriveCount": execution.redrives,
        }
        if execution.redrives:
            self._execution_context["RedriveTime"] = iso(execution.redriven_ms)
        self._machine_context = {"Id": execution.machine, "Name": execution.machine.rpartition(":")[2]}

    # --- what happens

    def add(self, branch: Branch, kind: str, /, **details: Any) -> int:
        """Put an event into the history, after the branch's last."""
        execution = self.execution
        number = execution.events + 1
        if number >= EVENTS_MAX and execution.kind == "STANDARD":
            if self.is_full:  # it is being ended for that: only its end is told
                return branch.last_event
            raise Full
        execution.events = number
        self.events.append(Happening(number, self.now, kind, branch.last_event, details))
        branch.last_event = number
        return number

    def close_with(self, kind: str, previous: int, /, **details: Any) -> None:
        """Put the last event into the history; there is always room for it."""
        execution = self.execution
        execution.events += 1
        self.events.append(Happening(execution.events, self.now, kind, previous, details))

    def wait(self, branch: Branch, what: Waits, until_ms: int = 0) -> None:
        """Have a branch wait; the agenda wakes it when the time has come."""
        branch.waits = what
        branch.turn += 1
        self.arm(branch, until_ms)

    def arm(self, branch: Branch, until_ms: int) -> None:
        """Have the agenda look at a branch at a time, and at no other."""
        self.disarm(branch)
        if until_ms:
            arn = self.execution.arn
            branch.due = self.call.later(
                max(until_ms, self.now), "stepfunctions.resume", arn=arn, branch=branch.id, turn=branch.turn
            )
        self.dirty.add(branch.id)

    def disarm(self, branch: Branch) -> None:
        """Take a branch off the agenda."""
        if branch.due:
            self.world.agenda.cancel(branch.due)
            branch.due = 0

    def throttled_ms(self) -> int:
        """How long the next state transition has to wait; 0: not at all."""
        self.steps += 1
        if self.execution.kind == "EXPRESS":
            return STEPS_MAX if self.steps > STEPS_MAX else 0
        take = self._take
        if take is None:
            bucket = limits.Buckets.of(self.world)
            take = self._take = partial(
                bucket.take, "StateTransition", self.call, *limits.transition_rate(self.call.region), self.now
            )
        wait_ms = take()
        if wait_ms:
            self.call.happened("stepfunctions.ExecutionThrottled", self.execution.arn, machine=self.execution.machine)
        return wait_ms

    # --- turns

    def go(self) -> None:
        """Do what there is to do, and write down what came of it."""
        from foulweather.services.stepfunctions import ending

        jobs, execution = self.jobs, self.execution
        machine = self.state.machines.get(execution.machine)
        try:
            if machine is None or machine.is_deleting:
                # "On the next state transition, the state machine's executions are terminated."
                ending.end(self, "ABORTED", Trouble("", None))
            while jobs and execution.is_open:
                jobs.popleft()(self)
        except Full:
            self.is_full = True
            cause = f"The execution reached the maximum number of history events ({EVENTS_MAX})."
            ending.end(self, "FAILED", Trouble("States.Runtime", cause))
        finally:
            self._write()

    def count(self) -> int:
        """Add this turn's state transitions to the execution's, which AWS bills; how many they are."""
        steps, self.steps = self.steps, 0
        self.execution.transitions += steps
        return steps

    def _write(self) -> None:
        state, execution = self.state, self.execution
        if self.events:
            logging.deliver(self.call, state, execution, self.revision, self.events)
        if execution.is_traced:
            self._trace()
        if execution.arn not in state.executions:
            return
        if (steps := self.count()) and execution.kind == "STANDARD":
            self.call.happened("stepfunctions.Transitioned", execution.arn, steps=steps)
        if self.events and execution.kind == "STANDARD":
            state.write(execution.arn, self.events)
        state.executions.touch(execution.arn)
        for number in self.dirty:
            branch = self.branches.get(number)
            if branch is not None:
                state.branches.put(branch.key, branch)

    def _trace(self) -> None:
        from foulweather.services.stepfunctions import tracing

        tracing.keep(self.state, self.execution, self.events)
        if not self.execution.is_open:
            tracing.ended(self.call, self.execution, self.revision.role)


class Turns:
    """The executions of a world that are being taken further, one after the other."""

    def __init__(self) -> None:
        self.running: dict[str, Run] = {}
        self.pending: deque[tuple[Call, SfnState, str, Job]] = deque()
        self.is_busy = False
        self.children = 0
        """How many child executions Map Runs have begun in this turn."""

    @classmethod
    def of(cls, world: World) -> Turns:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return found  # type: ignore[return-value]


def advance(call: Call, state: SfnState, execution: Execution, job: Job) -> None:
    """Take an execution further; while another is being taken further, after that one has its turn."""
    turns = Turns.of(call.world)
    run = turns.running.get(execution.arn)
    if run is not None:
        run.jobs.append(job)
        return
    if turns.is_busy:
        turns.pending.append((call, state, execution.arn, job))
        return
    turns.is_busy, turns.children = True, 0
    try:
        _take(turns, call, state, execution, job)
        while turns.pending:
            call, state, arn, job = turns.pending.popleft()
            found = state.executions.get(arn)
            if found is not None and found.is_open:
                _take(turns, call, state, found, job)
    finally:
        turns.is_busy = False


def _take(turns: Turns, call: Call, state: SfnState, execution: Execution, job: Job) -> None:
    run = turns.running[execution.arn] = Run(call, state, execution)
    run.jobs.append(job)
    try:
        run.go()
    finally:
        del turns.running[execution.arn]


def each_open(state: SfnState, machine: str) -> Iterator[Execution]:
    """The executions of a machine that still run."""
    return (execution for execution in state.of(machine) if execution.is_open)


@lru_cache(maxsize=1024)
def iso(ms: int) -> str:
    """A time as the Context object has it."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
