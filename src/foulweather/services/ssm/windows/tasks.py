"""Tasks of windows: registered, changed, taken away.

https://docs.aws.amazon.com/systems-manager/latest/userguide/assign-tasks-maintenance-window.html
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.service import Permission, Resource
from foulweather.services.ssm import refusals
from foulweather.services.ssm.windows import limits, naming, targeting
from foulweather.services.ssm.windows.state import Task, Window, WindowsState

Request = Mapping[str, Any]
KEPT: Final = (
    "TaskArn",
    "TaskType",
    "ServiceRoleArn",
    "Targets",
    "TaskInvocationParameters",
    "Priority",
    "MaxConcurrency",
    "MaxErrors",
    "Name",
    "Description",
    "CutoffBehavior",
)
_UNBUILT: Final = ("AlarmConfiguration", "LoggingInfo", "TaskParameters")
_PARAMETERS_OF: Final = {
    "AUTOMATION": "Automation",
    "LAMBDA": "Lambda",
    "RUN_COMMAND": "RunCommand",
    "STEP_FUNCTIONS": "StepFunctions",
}
_ROLE: Final = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+")
LINKED_SERVICE: Final = "ssm.amazonaws.com"
_LINKED_ROLE: Final = "role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"


def register_task_with_maintenance_window(call: Call, request: Request) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """Register what a window is to do."""
    state, window = naming.require(call, request["WindowId"])
    members = {name: request[name] for name in KEPT if name in request}
    _check(call, request, window, members)
    token: str = request.get("ClientToken") or ""
    before = next((each for each in window.tasks.values() if token and each.token == token), None)
    if before is not None:
        naming.same(before.members | members, before.members, token)
        return {"WindowTaskId": before.id}
    limits.check_count("tasks per maintenance window", len(window.tasks), limits.TASKS_MAX)
    _check_role(call, members)
    if members.get("ServiceRoleArn"):
        return _register(call, state, window, members, token)
    waiting = _linked_role(call, members)
    if waiting is None:
        return _register(call, state, window, members, token)
    return _register_when_made(call, waiting, members, request, token)


def update_maintenance_window_task(call: Call, request: Request) -> dict[str, Any]:
    """Change a task; with Replace, what is left out is not set any more."""
    state, window = naming.require(call, request["WindowId"])
    task = naming.task(window, request["WindowTaskId"])
    if request.get("Replace"):
        for name in ("TaskArn", "ServiceRoleArn"):
            if name not in request:
                raise refusals.invalid(f"{name} is required when Replace is true.", Replace=True)
    held = {"TaskType": task.members["TaskType"]} if request.get("Replace") else task.members
    members = held | {name: request[name] for name in KEPT if name in request}
    _check(call, request, window, members)
    _check_role(call, request)
    task.members = _with_defaults(members)
    task.principal, task.session = call.principal, call.session
    state.windows.touch(window.id)
    call.changed("ssm.MaintenanceWindowTaskSet", window.arn, WindowTaskId=task.id, **task.members)
    shown = {name: value for name, value in task.members.items() if name != "TaskType"}
    return {"WindowId": window.id, "WindowTaskId": task.id, "TaskParameters": {}, **shown}


def deregister_task_from_maintenance_window(call: Call, request: Request) -> dict[str, Any]:
    """Take a task away; what it has begun goes on."""
    state, window = naming.require(call, request["WindowId"])
    task = naming.task(window, request["WindowTaskId"])
    window.tasks = {key: each for key, each in window.tasks.items() if key != task.id}
    state.windows.touch(window.id)
    call.changed("ssm.MaintenanceWindowTaskDeregistered", window.arn, WindowTaskId=task.id, TaskArn=None)
    return {"WindowId": window.id, "WindowTaskId": task.id}


def _check(call: Call, request: Request, window: Window, members: Mapping[str, Any]) -> None:
    for name in _UNBUILT:
        if request.get(name):
            raise not_implemented("ssm", f"{call.operation}.{name}")
    kind = members["TaskType"]
    parameters: Mapping[str, Any] = members.get("TaskInvocationParameters") or {}
    wrong = [name for name in parameters if name != _PARAMETERS_OF[kind]]
    if wrong:
        raise refusals.invalid(f"TaskInvocationParameters.{wrong[0]} can't be used with a task of type {kind}.")
    service = {"LAMBDA": "lambda", "STEP_FUNCTIONS": "states"}.get(kind)
    if service and not members["TaskArn"].startswith(f"arn:aws:{service}:"):
        raise refusals.invalid(f"TaskArn isn't valid for a task of type {kind}.", TaskArn=members["TaskArn"])
    given: list[dict[str, Any]] = members.get("Targets") or []
    if not given and kind == "RUN_COMMAND":
        raise refusals.invalid("Targets are required for a task of type RUN_COMMAND.", Targets=[])
    targeting.check_task_targets(call, window, given)
    # "a value can be omitted only when you are registering or updating a targetless task"
    for name in ("MaxConcurrency", "MaxErrors"):
        if given and not members.get(name):
            raise refusals.invalid(f"{name} is required for a task with targets.", Targets=given)


def _check_role(call: Call, members: Mapping[str, Any]) -> None:
    role: str = members.get("ServiceRoleArn") or ""
    if not role:
        return
    if not _ROLE.fullmatch(role):
        raise refusals.invalid("ServiceRoleArn isn't the ARN of an IAM role.", ServiceRoleArn=role)
    passed = Permission("iam:PassRole", Resource(role, role.split(":")[4]), {"iam:passedtoservice": LINKED_SERVICE})
    call.pipeline.require(call, passed)


def _linked_role(call: Call, members: dict[str, Any]) -> Awaitable[Any] | None:
    """Without a role of its own, a task acts as the service-linked role, which is made where there is none."""
    members["ServiceRoleArn"] = f"arn:aws:iam::{call.account}:{_LINKED_ROLE}"
    directory = call.pipeline.directory
    if directory is not None and directory.role(members["ServiceRoleArn"]) is not None:
        return None
    answer = call.forwarded("ssm").iam.create_service_linked_role({"AWSServiceName": LINKED_SERVICE})
    return answer if inspect.isawaitable(answer) else None


async def _register_when_made(
    call: Call, waiting: Awaitable[Any], members: dict[str, Any], request: Request, token: str
) -> dict[str, Any]:
    await waiting
    state, window = naming.require(call, request["WindowId"])
    return _register(call, state, window, members, token)


def _register(call: Call, state: WindowsState, window: Window, members: dict[str, Any], token: str) -> dict[str, Any]:
    task = Task(call.world.ids.uuid(), _with_defaults(members), call.principal, call.session, token)
    window.tasks = {**window.tasks, task.id: task}
    state.windows.touch(window.id)
    call.changed("ssm.MaintenanceWindowTaskSet", window.arn, WindowTaskId=task.id, **task.members)
    return {"WindowTaskId": task.id}


def _with_defaults(members: Mapping[str, Any]) -> dict[str, Any]:
    found = {"Priority": 1, **members}
    # "For maintenance window tasks without a target specified ... the system inserts a placeholder value of 1."
    return found if found.get("Targets") else found | {"MaxConcurrency": "1", "MaxErrors": "1"}
