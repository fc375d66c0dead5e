"""Executions of runbooks in one account and region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from foulweather.kernel.credentials import Session
from foulweather.kernel.service import Resource
from foulweather.policy.principal import Principal
from foulweather.services.ssm.documents import texts
from foulweather.services.ssm.documents.parameters import as_text
from foulweather.world.store import State, table

RUNNING: Final = ("InProgress", "Waiting", "Cancelling")


class Step(msgspec.Struct):
    """One step of an execution; `values` are its outputs, `attempt` counts its tries.

    `child` is the execution that it waits for, `decisions` the approvals by principal. A loop has `items` to go
    through; it and the steps within it, whose `parent` it is, know in which `iteration` they are.
    """

    name: str
    action: str
    id: str
    status: str = "Pending"
    started_ms: int = 0
    ended_ms: int = 0
    attempt: int = 0
    deadline_ms: int = 0
    inputs: dict[str, str] = {}
    values: dict[str, Any] = {}
    failure: str = ""
    failure_stage: str = ""
    failure_type: str = ""
    child: str = ""
    decisions: dict[str, str] = {}
    parent: str = ""
    iteration: int = 0
    items: list[Any] = []

    def output_texts(self) -> dict[str, list[str]]:
        """The outputs as the API gives them."""
        return {name: as_texts(value) for name, value in self.values.items()}


class Control(msgspec.Struct):
    """How an execution for many targets goes on: which have been started, how many at once, how many may fail.

    With `maps` (TargetMaps), each of them gives several parameters for one target.
    """

    parameter: str
    targets: list[dict[str, Any]]
    values: list[str]
    concurrency: str
    errors: str
    concurrency_max: int
    errors_max: int
    children: dict[str, str] = {}
    failed: int = 0
    maps: list[dict[str, list[str]]] = []

    def parameters(self, index: int) -> dict[str, list[str]]:
        """What the parameters are for one of the targets."""
        return self.maps[index] if self.maps else {self.parameter: [self.values[index]]}


class Execution(msgspec.Struct):
    """One run of a runbook's version, whose text it keeps. `turn` tells due actions that came too late from others."""

    id: str
    account: str
    region: str
    document: str
    version: int
    content: str
    format: str
    principal: Principal
    started_ms: int
    session: Session | None = None
    role: str = ""
    parameters: dict[str, list[str]] = {}
    steps: list[Step] = []
    status: str = "Pending"
    current: str = ""
    ended_ms: int = 0
    failure: str = ""
    turn: int = 0
    has_failed: bool = False
    parent: str = ""
    parent_step: str = ""
    target: str = ""
    control: Control | None = None
    token: str = ""
    tags: dict[str, str] = {}
    completes: bool = False
    association: str = ""
    association_run: str = ""
    window_invocation: str = ""
    outputs: dict[str, list[str]] = {}
    variables: dict[str, Any] = {}

    @property
    def arn(self) -> str:
        """The execution's ARN."""
        return arn_of(self.account, self.region, self.id)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.ended_ms > 0

    def step(self, name: str) -> Step:
        """A step by its name; of those within a loop, that of the last iteration."""
        return next(each for each in reversed(self.steps) if each.name == name)


class AutomationState(State):
    """The executions of an account and region."""

    executions = table(Execution)

    def opened(self) -> None:
        """Note who is at work; runbooks are parsed when first used."""
        self._parsed: dict[str, Mapping[str, Any]] = {}
        self.at_work: set[str] = set()
        self.queued: dict[str, None] = {}
        for execution in sorted(self.executions.values(), key=lambda each: each.started_ms):
            self._note(execution)

    def put(self, execution: Execution) -> None:
        """Take in a new execution."""
        self.executions.put(execution.id, execution)
        self._note(execution)

    def touch(self, execution: Execution) -> None:
        """Have a changed execution written."""
        self.executions.touch(execution.id)
        self._note(execution)

    def remove(self, execution: Execution) -> None:
        """Forget an execution."""
        self._parsed.pop(execution.id, None)
        self.executions.delete(execution.id)

    def runbook(self, execution: Execution) -> Mapping[str, Any]:
        """What an execution runs."""
        found = self._parsed.get(execution.id)
        if found is None:
            found = self._parsed[execution.id] = texts.parsed(execution.content, execution.format)
        return found

    def _note(self, execution: Execution) -> None:
        # One for many targets only waits for its children: it is not counted.
        if execution.control is None and execution.status in RUNNING:
            self.at_work.add(execution.id)
        else:
            self.at_work.discard(execution.id)
        if execution.control is None and execution.status == "Pending":
            self.queued[execution.id] = None
        else:
            self.queued.pop(execution.id, None)

    def resource_of(self, execution: Execution) -> Resource:
        """An execution as authorization sees it."""
        return Resource(execution.arn, execution.account, tags=execution.tags)


def arn_of(account: str, region: str, execution_id: str) -> str:
    """The ARN of an execution's id."""
    return f"arn:aws:ssm:{region}:{account}:automation-execution/{execution_id}"


def as_texts(value: Any) -> list[str]:
    """A value as the API gives it: a list of texts."""
    if isinstance(value, list):
        return [as_text(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return [as_text(value)]
