"""What a task does for one target: a runbook, a function, a state machine, or a command.

https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-window-tasks-pseudo-parameters.html
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Why
from foulweather.services.ssm.automation.state import AutomationState
from foulweather.services.ssm.windows import limits, naming, running
from foulweather.services.ssm.windows.state import Invocation, Run, TaskRun, WindowsState, arn_of

_PSEUDO: Final = re.compile(r"\{\{\s*([A-Z_]+)\s*\}\}")


async def begin(call: Call, state: WindowsState, run: Run, task: TaskRun, one: Invocation) -> None:
    """Have an invocation's work done, or begun, as the task's service role."""
    members = task.task.members
    given = _resolved(_given(members), _meanings(run, task, one))
    one.parameters = json.dumps(given, default=lambda value: bytes(value).decode(errors="replace"))
    state.runs.touch(run.id)
    due = {"run": run.id, "task": task.id, "invocation": one.id}
    call.later(call.now + limits.LOST_MS, "ssm.give_up_window_invocation", **due)
    try:
        ports = await _ports(call, run, members["ServiceRoleArn"])
        match members["TaskType"]:
            case "AUTOMATION":
                await _automate(call, ports, run, task, one, given)
            case "STEP_FUNCTIONS":
                await _start_machine(call, ports, run, task, one, given)
            case "LAMBDA":
                details = await _invoke(call, ports, members["TaskArn"], one, given)
                running.end_invocation(call, state, run, task, one, "FAILED" if details else "SUCCESS", details)
            case _:
                asked = {"DocumentName": members["TaskArn"], "InstanceIds": [one.resource], **given}
                started = await _answered(call, ports.ssm.send_command(asked))
                one.work = started["Command"]["CommandId"]
    except AwsError as error:
        arn = arn_of(call.account, call.region, run.window)
        why = Why("failed", f"A task ({members['TaskArn']}) could not be carried out.", because=(error.why,))
        call.explain("MaintenanceWindowTask", arn, why, error.code)
        running.end_invocation(call, state, run, task, one, "FAILED", f"{error.code}: {error.message}")
    state.runs.touch(run.id)


async def look(call: Call, state: WindowsState, run: Run, task: TaskRun, one: Invocation) -> None:
    """See whether a state machine's execution is over."""
    try:
        ports = await _ports(call, run, task.task.members["ServiceRoleArn"])
        found = await _answered(call, ports.stepfunctions.describe_execution({"executionArn": one.work}))
    except AwsError as error:
        running.end_invocation(call, state, run, task, one, "FAILED", f"{error.code}: {error.message}")
        return
    if found["status"] == "RUNNING":
        _look_later(call, run, task, one)
        return
    status = "SUCCESS" if found["status"] == "SUCCEEDED" else "FAILED"
    running.end_invocation(call, state, run, task, one, status, "" if status == "SUCCESS" else found["status"])


def find(call: Call, run: str, task: str, invocation: str) -> tuple[WindowsState, Run, TaskRun, Invocation] | None:
    """An invocation that goes on, if it is still there."""
    state = call.state(WindowsState)
    held = state.runs.get(run)
    if held is None:
        return None
    part = naming.task_run(held, task)
    one = next(each for each in part.invocations if each.id == invocation)
    return (state, held, part, one) if one.status == "IN_PROGRESS" else None


async def _automate(call: Call, ports: Ports, run: Run, task: TaskRun, one: Invocation, given: dict[str, Any]) -> None:
    asked = {"DocumentName": task.task.members["TaskArn"], **given}
    started = await _answered(call, ports.ssm.start_automation_execution(asked))
    one.work = started["AutomationExecutionId"]
    executions = call.state(AutomationState)
    execution = executions.executions[one.work]
    execution.window_invocation = f"{run.id} {task.id} {one.id}"
    executions.touch(execution)


async def _start_machine(
    call: Call, ports: Ports, run: Run, task: TaskRun, one: Invocation, given: dict[str, Any]
) -> None:
    asked: dict[str, Any] = {"stateMachineArn": task.task.members["TaskArn"]}
    for name, value in given.items():
        asked[name.lower()] = value
    started = await _answered(call, ports.stepfunctions.start_execution(asked))
    one.work = started["executionArn"]
    _look_later(call, run, task, one)


async def _invoke(call: Call, ports: Ports, function: str, one: Invocation, given: dict[str, Any]) -> str:
    """How a function failed, or nothing."""
    answer = await _answered(call, ports.lambda_.invoke({"FunctionName": function, **given}))
    if not answer.get("FunctionError"):
        return ""
    payload: bytes = bytes(answer.get("Payload") or b"")
    return f"{answer['FunctionError']}: {payload.decode(errors='replace')}"


def _look_later(call: Call, run: Run, task: TaskRun, one: Invocation) -> None:
    due = {"run": run.id, "task": task.id, "invocation": one.id}
    call.later(call.now + limits.POLL_MS, "ssm.look_at_window_invocation", **due)


async def _answered(call: Call, answer: Any) -> Any:
    found = await answer if inspect.isawaitable(answer) else answer
    call.reread_clock()
    return found


async def _ports(call: Call, run: Run, role: str) -> Ports:
    """The services, in a session of the task's service role; raises the refusal if it can't be assumed."""
    arn = arn_of(call.account, call.region, run.window)
    service = call.acting_as(
        "ssm.amazonaws.com", source_arn=arn, source_account=call.account, account=role.split(":")[4]
    )
    asked = {"RoleArn": role, "RoleSessionName": f"MaintenanceWindow-{run.window}"}
    given = await _answered(call, service.sts.assume_role(asked))
    credential = call.state(Credentials).by_id[given["Credentials"]["AccessKeyId"]]
    return Ports(call, credential.principal, call.account, call.region, "", "", credential.session, ())


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    parameters: Mapping[str, Any] = members.get("TaskInvocationParameters") or {}
    for given in parameters.values():
        return dict(given)
    return {}


def _meanings(run: Run, task: TaskRun, one: Invocation) -> dict[str, str]:
    return {
        "RESOURCE_ID": one.resource,
        "TARGET_ID": one.resource,
        "TARGET_TYPE": "INSTANCE" if one.resource else "",
        "WINDOW_ID": run.window,
        "WINDOW_TASK_ID": task.task.id,
        "WINDOW_TARGET_ID": one.target,
        "WINDOW_EXECUTION_ID": run.id,
        "TASK_EXECUTION_ID": task.id,
        "INVOCATION_ID": one.id,
    }


def _resolved(value: Any, meanings: Mapping[str, str]) -> Any:
    """A value with its pseudo parameters put in; what has no value here stays as it is written."""
    if isinstance(value, str):
        return _PSEUDO.sub(lambda found: meanings.get(found[1]) or found[0], value)
    if isinstance(value, bytes):
        return _resolved(value.decode(errors="surrogateescape"), meanings).encode(errors="surrogateescape")
    if isinstance(value, dict):
        return {key: _resolved(each, meanings) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_resolved(each, meanings) for each in cast("list[Any]", value)]
    return value
