"""Executions of windows, shown and cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.ssm import refusals
from foulweather.services.ssm.paging import page
from foulweather.services.ssm.windows import limits, naming, running
from foulweather.services.ssm.windows.filters import passes_time
from foulweather.services.ssm.windows.state import Invocation, Run, TaskRun, WindowsState

Request = Mapping[str, Any]


def describe_maintenance_window_executions(call: Call, request: Request) -> dict[str, Any]:
    """The executions of a window that filters find, the newest first."""
    passes = [passes_time(each, "ExecutedBefore", "ExecutedAfter") for each in request.get("Filters") or ()]
    runs = call.state(WindowsState).runs_of(request["WindowId"])
    found = [each for each in runs if all(one(each.started_ms) for one in passes)]
    some, more = page(found, request, limits.PAGE)
    shown = [{"WindowId": each.window, "WindowExecutionId": each.id, **_went(each)} for each in some]
    return {"WindowExecutions": shown, **more}


def get_maintenance_window_execution(call: Call, request: Request) -> dict[str, Any]:
    """All about an execution."""
    _, run = naming.run(call, request["WindowExecutionId"])
    return {"WindowExecutionId": run.id, "TaskIds": [each.id for each in run.tasks], **_went(run)}


def describe_maintenance_window_execution_tasks(call: Call, request: Request) -> dict[str, Any]:
    """The tasks of an execution, by status if asked."""
    _, run = naming.run(call, request["WindowExecutionId"])
    found = [each for each in run.tasks if each.status in _wanted(request, each.status)]
    some, more = page(found, request, limits.PAGE)
    shown = [
        {
            "WindowExecutionId": run.id,
            "TaskExecutionId": each.id,
            "TaskArn": each.task.members["TaskArn"],
            "TaskType": each.task.members["TaskType"],
            **_went(each),
        }
        for each in some
    ]
    return {"WindowExecutionTaskIdentities": shown, **more}


def get_maintenance_window_execution_task(call: Call, request: Request) -> dict[str, Any]:
    """All about a task of an execution."""
    _, run = naming.run(call, request["WindowExecutionId"])
    task = naming.task_run(run, request["TaskId"])
    members = task.task.members
    found = {name: members[name] for name in ("TaskArn", "Priority", "MaxConcurrency", "MaxErrors")}
    return {
        "WindowExecutionId": run.id,
        "TaskExecutionId": task.id,
        "ServiceRole": members["ServiceRoleArn"],
        "Type": members["TaskType"],
        "TaskParameters": [],
        **found,
        **_went(task),
    }


def describe_maintenance_window_execution_task_invocations(call: Call, request: Request) -> dict[str, Any]:
    """What was done for each target, by status if asked."""
    _, run = naming.run(call, request["WindowExecutionId"])
    task = naming.task_run(run, request["TaskId"])
    found = [each for each in task.invocations if each.status in _wanted(request, each.status)]
    some, more = page(found, request, limits.PAGE)
    return {"WindowExecutionTaskInvocationIdentities": [_invocation(run, task, each) for each in some], **more}


def get_maintenance_window_execution_task_invocation(call: Call, request: Request) -> dict[str, Any]:
    """What was done for one target."""
    _, run = naming.run(call, request["WindowExecutionId"])
    task = naming.task_run(run, request["TaskId"])
    one = next((each for each in task.invocations if each.id == request["InvocationId"]), None)
    if one is None:
        raise naming.missing("Maintenance window execution task invocation", request["InvocationId"])
    return _invocation(run, task, one)


def cancel_maintenance_window_execution(call: Call, request: Request) -> dict[str, Any]:
    """Begin nothing more of an execution."""
    state, run = naming.run(call, request["WindowExecutionId"])
    if not run.is_over and run.status != "CANCELLING":
        running.cancel(call, state, run)
        call.changed("ssm.MaintenanceWindowExecutionCancelled", run.id, WindowId=run.window)
    return {"WindowExecutionId": run.id}


def _wanted(request: Request, status: str) -> list[str]:
    """The statuses that the filters let through."""
    for given in request.get("Filters") or ():
        if given.get("Key") not in ("Status", "STATUS"):
            raise refusals.invalid(f"Invalid filter key: {given.get('Key')}.", Key=given.get("Key"))
        if status not in (given.get("Values") or ()):
            return []
    return [status]


def _went(held: Run | TaskRun | Invocation) -> dict[str, Any]:
    found: dict[str, Any] = {"Status": held.status}
    told = {"StatusDetails": held.details, "StartTime": held.started_ms, "EndTime": held.ended_ms}
    return found | {name: value for name, value in told.items() if value}


def _invocation(run: Run, task: TaskRun, one: Invocation) -> dict[str, Any]:
    told = {
        "ExecutionId": one.work,
        "Parameters": one.parameters,
        "OwnerInformation": one.owner,
        "WindowTargetId": one.target,
    }
    return {
        "WindowExecutionId": run.id,
        "TaskExecutionId": task.id,
        "InvocationId": one.id,
        "TaskType": task.task.members["TaskType"],
        **_went(one),
        **{name: value for name, value in told.items() if value},
    }
