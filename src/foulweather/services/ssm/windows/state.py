"""Maintenance windows, what is registered with them, and their executions, in one account and region."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from foulweather.kernel.credentials import Session
from foulweather.kernel.service import Resource
from foulweather.policy.principal import Principal
from foulweather.world.store import State, table

OVER: Final = ("SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED_OVERLAPPING")


class Target(msgspec.Struct):
    """A target that is registered with a window, by the API's member names."""

    id: str
    members: dict[str, Any]
    token: str = ""


class Task(msgspec.Struct):
    """A task that is registered with a window, by the API's member names; it acts as its service role."""

    id: str
    members: dict[str, Any]
    principal: Principal
    session: Session | None = None
    token: str = ""


class Window(msgspec.Struct):
    """A maintenance window. `begins_ms` is what a rate counts from, `due_ms` when it opens next (0: never again)."""

    id: str
    account: str
    region: str
    created_ms: int
    modified_ms: int
    begins_ms: int
    members: dict[str, Any]
    is_enabled: bool = True
    targets: dict[str, Target] = {}
    tasks: dict[str, Task] = {}
    tags: dict[str, str] = {}
    due_ms: int = 0
    token: str = ""

    @property
    def arn(self) -> str:
        """The window's ARN."""
        return arn_of(self.account, self.region, self.id)


class Invocation(msgspec.Struct):
    """A task carried out for one target; `work` is the execution that does it in the service that it is for."""

    id: str
    resource: str = ""
    target: str = ""
    owner: str = ""
    parameters: str = ""
    status: str = "PENDING"
    details: str = ""
    work: str = ""
    started_ms: int = 0
    ended_ms: int = 0


class TaskRun(msgspec.Struct):
    """A task's part in an execution; `task` is what was registered when it began."""

    id: str
    task: Task
    invocations: list[Invocation] = []
    status: str = "PENDING"
    details: str = ""
    started_ms: int = 0
    ended_ms: int = 0


class Run(msgspec.Struct):
    """An execution of a window; no task begins after `cutoff_ms`."""

    id: str
    window: str
    started_ms: int
    cutoff_ms: int
    tasks: list[TaskRun] = []
    status: str = "IN_PROGRESS"
    details: str = ""
    ended_ms: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.status in OVER


class WindowsState(State):
    """The maintenance windows of an account and region, and what came of them."""

    windows = table(Window)
    runs = table(Run)

    def resource_of(self, window: Window) -> Resource:
        """A window as authorization sees it."""
        return Resource(window.arn, window.account, tags=window.tags)

    def runs_of(self, window_id: str) -> list[Run]:
        """A window's executions, the newest first."""
        found = [each for each in self.runs.values() if each.window == window_id]
        return sorted(found, key=lambda each: -each.started_ms)


def arn_of(account: str, region: str, window_id: str) -> str:
    """The ARN of a window's id."""
    return f"arn:aws:ssm:{region}:{account}:maintenancewindow/{window_id}"
