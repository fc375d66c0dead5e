"""Exports of a group's events to S3: asked for, told of, cancelled.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.logs import exporting, limits, naming, paging, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import STANDARD, ExportTask, LogsState

Request = Mapping[str, Any]
_ACTIVE: Final = ("PENDING", "RUNNING", "PENDING_CANCEL")
_NO_TASK: Final = "export task"


async def create_export_task(call: Call, request: Request) -> dict[str, Any]:
    """Begin an export; an account has one at a time, and CloudWatch Logs must be let into the bucket."""
    refusals.check_model(call, request)
    if request["from"] > request["to"]:
        raise invalid(
            "Start time (from) must be before or equal to end time (to).",
            Fact("request", "from", request["from"]),
            Fact("request", "to", request["to"]),
        )
    group = naming.require_group(call, request["logGroupName"], STANDARD)
    _check_alone(call)
    task = ExportTask(
        call.world.ids.uuid(),
        request.get("taskName") or "",
        group.name,
        request.get("logStreamNamePrefix") or "",
        request["from"],
        request["to"],
        request["destination"],
        request.get("destinationPrefix") or "exportedlogs",
        call.now,
    )
    await exporting.check_bucket(call, group, task)
    _check_alone(call)  # another may have begun while S3 was asked
    call.state(LogsState).exports.put(task.id, task)
    call.changed("logs.ExportTaskCreated", group.arn, taskId=task.id, destination=task.bucket)
    call.later(call.now + exporting.PENDING_MS, "logs.run_export", task=task.id)
    return {"taskId": task.id}


def cancel_export_task(call: Call, request: Request) -> dict[str, Any]:
    """Cancel an export that is not over."""
    refusals.check_model(call, request)
    state = call.state(LogsState)
    task = state.exports.get(request["taskId"])
    if task is None:
        raise refusals.not_found(_NO_TASK, request["taskId"])
    if task.status not in _ACTIVE:
        raise AwsError(
            "InvalidOperationException",
            "The specified export task has already finished.",
            facts=(Fact(task.id, "status", task.status),),
        )
    task.status, task.message, task.completed_ms = "CANCELLED", "Cancelled successfully", call.now
    state.exports.touch(task.id)
    call.changed("logs.ExportTaskCancelled", call.arn("logs", f"log-group:{task.group}"), taskId=task.id)
    return {}


def describe_export_tasks(call: Call, request: Request) -> dict[str, Any]:
    """A page of exports, the newest first: one of them, or those in a certain state."""
    refusals.check_model(call, request)
    if request.get("taskId") is not None and request.get("statusCode") is not None:
        raise invalid("taskId and statusCode are mutually exclusive parameters.")
    tasks = call.state(LogsState).exports
    if request.get("taskId") is not None:
        if request["taskId"] not in tasks:
            raise refusals.not_found(_NO_TASK, request["taskId"])
        return {"exportTasks": [_shown(tasks[request["taskId"]])]}
    status = request.get("statusCode")
    found = sorted(tasks.values(), key=lambda each: -each.created_ms)
    found = [each for each in found if status is None or each.status == status]
    page, token = paging.numbered(found, request.get("limit") or limits.LIST_PAGE, request.get("nextToken"))
    return {"exportTasks": [_shown(each) for each in page], **token}


def _check_alone(call: Call) -> None:
    """Refuse a second active export: "each account can only have one": API_CreateExportTask."""
    active = next((each for each in call.state(LogsState).exports.values() if each.status in _ACTIVE), None)
    if active is not None:
        raise AwsError(
            "LimitExceededException",
            "Resource limit exceeded.",
            facts=(Fact(call.account, "active export tasks", 1), Fact(active.id, "status", active.status)),
            remedy=(f"aws logs cancel-export-task --task-id {active.id} --region {call.region}",),
        )


def _shown(task: ExportTask) -> dict[str, Any]:
    times = {"creationTime": task.created_ms}
    if task.completed_ms:
        times["completionTime"] = task.completed_ms
    told: dict[str, Any] = {
        "taskId": task.id,
        "logGroupName": task.group,
        "from": task.from_ms,
        "to": task.to_ms,
        "destination": task.bucket,
        "destinationPrefix": task.key_prefix,
        "status": {"code": task.status, "message": task.message},
        "executionInfo": times,
    }
    return told | ({"taskName": task.name} if task.name else {})
