"""From ids to windows, their targets and tasks, and their executions."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Resource
from foulweather.kernel.why import Fact
from foulweather.services.ssm.windows.state import Run, Target, Task, TaskRun, Window, WindowsState, arn_of


def require(call: Call, window_id: str) -> tuple[WindowsState, Window]:
    """The window that an id names."""
    state = call.state(WindowsState)
    window = state.windows.get(window_id)
    if window is None:
        raise missing("Maintenance window", window_id, "aws ssm describe-maintenance-windows")
    return state, window


def target(window: Window, target_id: str) -> Target:
    """A target that is registered with a window."""
    found = window.targets.get(target_id)
    if found is None:
        remedy = f"aws ssm describe-maintenance-window-targets --window-id {window.id}"
        raise missing("Maintenance window target", target_id, remedy)
    return found


def task(window: Window, task_id: str) -> Task:
    """A task that is registered with a window."""
    found = window.tasks.get(task_id)
    if found is None:
        remedy = f"aws ssm describe-maintenance-window-tasks --window-id {window.id}"
        raise missing("Maintenance window task", task_id, remedy)
    return found


def run(call: Call, run_id: str) -> tuple[WindowsState, Run]:
    """The execution that an id names."""
    state = call.state(WindowsState)
    found = state.runs.get(run_id)
    if found is None:
        raise missing("Maintenance window execution", run_id)
    return state, found


def task_run(found: Run, task_id: str) -> TaskRun:
    """A task's part in an execution."""
    for each in found.tasks:
        if each.id == task_id:
            return each
    remedy = f"aws ssm describe-maintenance-window-execution-tasks --window-execution-id {found.id}"
    raise missing("Maintenance window execution task", task_id, remedy)


def resource(call: Call, window_id: str) -> Resource:
    """What an id names, as authorization sees it."""
    state = call.state(WindowsState)
    window = state.windows.get(window_id)
    if window is None:
        return Resource(arn_of(call.account, call.region, window_id), call.account)
    return state.resource_of(window)


def missing(what: str, id: str, *remedy: str) -> AwsError:
    """What an id names is not there."""
    facts: tuple[Fact, ...] = (Fact("request", "id", id), Fact(id, "exists", False))
    return AwsError("DoesNotExistException", f"{what} {id} does not exist", facts=facts, remedy=remedy)


def same(before: Any, now: Any, token: str) -> None:
    """Refuse a ClientToken that came before with something else."""
    if before != now:
        raise AwsError(
            "IdempotentParameterMismatch",
            "Error returned when an idempotent operation is retried and the parameters don't match the original call "
            "to the API with the same idempotency token.",
            facts=(Fact("request", "ClientToken", token),),
        )
