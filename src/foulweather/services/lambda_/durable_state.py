"""Durable executions: what each was started with, its operations, and the events of its history.

https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
"""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.world.store import State, table

JsonObject = dict[str, Any]
RUNNING = "RUNNING"


class Execution(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One durable execution; its id is the last part of its ARN."""

    id: str
    name: str
    function: str
    account: str
    region: str
    version: str
    """The version that every replay runs."""
    payload: str
    started_ms: int
    timeout_s: int
    retention_days: int
    is_async: bool = False
    source: str = ""
    trace_id: str = ""
    trace_header: str = ""
    lineage: dict[str, int] = {}
    parent_account: str = ""
    parent: str = ""
    """The id of the execution that has invoked it, and the operation there that waits for it."""
    parent_operation: str = ""
    status: str = RUNNING
    ended_ms: int = 0
    result: str | None = None
    error: JsonObject | None = None
    settled: str = ""
    """How it ends once its invocation has: what a checkpoint of the execution itself said."""
    changes: int = 0
    """Counts the changes of its operations; `told` is how many of them its function has been told of."""
    told: int = 0
    token: int = 0
    """The number in the checkpoint token that is good now."""
    client_token: str = ""
    """What the last checkpoint was asked with, when, and how much had been told before it."""
    client_ms: int = 0
    told_before: int = 0
    events: int = 0
    operations: int = 0
    bytes_written: int = 0
    failures: int = 0
    """How many invocations in a row have failed."""
    roused: int = 0
    """How often something came for which its function is to be invoked, and whether that is still to be done."""
    is_due: bool = True
    timer: int = 0
    guard: int = 0
    """The agenda's numbers of its time-out, and of what goes on with it should this process die."""

    @property
    def function_arn(self) -> str:
        """The ARN of the function's version."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.function}:{self.version}"

    @property
    def arn(self) -> str:
        """The execution's ARN."""
        return f"{self.function_arn}/durable-execution/{self.name}/{self.id}"


class Operation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One operation of an execution: a step, a wait, a callback, a chained invocation, or a context of others."""

    id: str
    execution: str
    number: int
    """In the order in which operations were started."""
    kind: str
    status: str = "STARTED"
    parent: str = ""
    name: str = ""
    sub_type: str = ""
    started_ms: int = 0
    ended_ms: int = 0
    changed: int = 0
    attempt: int = 0
    """How many attempts of a step are over."""
    wait_s: int = 0
    due_ms: int = 0
    """When a wait or time-out ends, or the next attempt is due; `timer` is the agenda's number of that."""
    timer: int = 0
    timeout_ms: int = 0
    heartbeat_s: int = 0
    heartbeat_ms: int = 0
    """When a callback times out, and when it does without another heartbeat; 0 where it does not."""
    callback_id: str = ""
    replays_children: bool = False
    result: str | None = None
    error: JsonObject | None = None
    target: str = ""
    """The function of a chained invocation, and the event for it."""
    payload: str | None = None
    failures: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.ended_ms > 0


class HistoryEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One event of an execution's history."""

    kind: str
    at_ms: int
    operation: str = ""
    parent: str = ""
    name: str = ""
    sub_type: str = ""
    details: JsonObject = {}


class DurableState(State):
    """The durable executions of an account in a region."""

    executions = table(Execution)
    """By id."""
    operations = table(Operation)
    """By `execution/operation`."""
    history = table(HistoryEvent)
    """By `execution/number`."""

    def opened(self) -> None:
        """Find executions by name, and the operations of each in their order."""
        self.named = {(each.function, each.name): each.id for each in self.executions.values()}
        self.running = sum(each.status == RUNNING for each in self.executions.values())
        self._parts: dict[str, dict[str, Operation]] = {}
        for each in sorted(self.operations.values(), key=lambda operation: operation.number):
            self._parts.setdefault(each.execution, {})[each.id] = each

    def parts(self, execution: Execution) -> dict[str, Operation]:
        """The operations of an execution by id, in the order in which they were started."""
        return self._parts.setdefault(execution.id, {})

    def begin(self, execution: Execution) -> None:
        """Take a new execution in."""
        self.named[(execution.function, execution.name)] = execution.id
        self.running += 1
        self.executions.put(execution.id, execution)

    def start(self, execution: Execution, operation: Operation) -> None:
        """Take a new operation in."""
        self.parts(execution)[operation.id] = operation
        self.operations.put(f"{execution.id}/{operation.id}", operation)

    def changed(self, execution: Execution, operation: Operation) -> None:
        """An operation has changed: its function is to be told."""
        execution.changes += 1
        operation.changed = execution.changes
        self.operations.touch(f"{execution.id}/{operation.id}")
        self.executions.touch(execution.id)

    def note(self, execution: Execution, event: HistoryEvent) -> None:
        """Add an event to an execution's history."""
        execution.events += 1
        self.history.put(f"{execution.id}/{execution.events}", event)
        self.executions.touch(execution.id)

    def forget(self, execution: Execution) -> None:
        """Let an execution go, with all that belongs to it."""
        for number in range(1, execution.events + 1):
            self.history.delete(f"{execution.id}/{number}")
        for operation in self._parts.pop(execution.id, {}):
            self.operations.delete(f"{execution.id}/{operation}")
        if self.named.get((execution.function, execution.name)) == execution.id:
            del self.named[(execution.function, execution.name)]
        if execution.status == RUNNING:
            self.running -= 1
        self.executions.delete(execution.id)
