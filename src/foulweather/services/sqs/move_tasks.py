"""Message move tasks: redriving dead letters to where they came from, or elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.sqs import limits, refusals
from foulweather.services.sqs.addresses import parsed_arn
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.handles import parsed_task, task_handle
from foulweather.services.sqs.lifecycle import settle
from foulweather.services.sqs.records import MoveTask
from foulweather.services.sqs.redrive import sources_of
from foulweather.services.sqs.state import SqsState

if TYPE_CHECKING:
    from aws_types.sqs import (
        CancelMessageMoveTaskRequest,
        CancelMessageMoveTaskResult,
        ListMessageMoveTasksRequest,
        ListMessageMoveTasksResult,
        ListMessageMoveTasksResultEntry,
        StartMessageMoveTaskRequest,
        StartMessageMoveTaskResult,
    )


def start_message_move_task(call: Call, request: StartMessageMoveTaskRequest) -> StartMessageMoveTaskResult:
    """Begin to move a dead-letter queue's messages, so many a second."""
    source_arn = request.get("SourceArn")
    destination_arn = request.get("DestinationArn") or ""
    per_s = request.get("MaxNumberOfMessagesPerSecond")
    if not source_arn:
        raise refusals.missing("SourceArn")
    if per_s is not None and not 1 <= per_s <= limits.MOVED_PER_S_MAX:
        raise refusals.invalid(
            "MaxNumberOfMessagesPerSecond", per_s, f"Must be between 1 and {limits.MOVED_PER_S_MAX}, if provided."
        )
    state = call.state(SqsState)
    source = _queue(call, state, "SourceArn", source_arn)
    if destination_arn:
        destination = _queue(call, state, "DestinationArn", destination_arn)
        if destination is source:
            raise refusals.invalid(
                "DestinationArn", destination_arn, "Source and destination queues must be different."
            )
        if destination.queue.is_fifo != source.queue.is_fifo:
            raise AwsError("InvalidParameterValue", "Source queue and destination queue must be of the same type.")
    if not sources_of(state, source_arn):
        raise AwsError(
            "InvalidParameterValue",
            "Source queue must be configured as a Dead Letter Queue.",
            facts=(Fact(source_arn, "source queues", 0),),
        )
    running = next((task for task in _tasks(state, source_arn) if task.status in ("RUNNING", "CANCELLING")), None)
    if running is not None:
        raise AwsError(
            "InvalidParameterValue",
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
            facts=(Fact(source_arn, "ApproximateNumberOfMessagesMoved", running.moved),),
            remedy=(f"aws sqs cancel-message-move-task --task-handle {task_handle(running)}",),
        )
    settle(call, state, source)
    task = MoveTask(call.world.ids.uuid(), source_arn, destination_arn, per_s or 0, call.now, "RUNNING", source.visible)
    state.move_tasks.put(task.id, task)
    for old in _tasks(state, source_arn)[limits.TASKS_LISTED_MAX :]:
        state.move_tasks.delete(old.id)
    call.later(call.now + limits.MOVE_STEP_MS, "sqs.move_messages", task=task.id)
    call.changed("sqs.MessageMoveTaskStarted", source_arn, DestinationArn=destination_arn)
    return {"TaskHandle": task_handle(task)}


def cancel_message_move_task(call: Call, request: CancelMessageMoveTaskRequest) -> CancelMessageMoveTaskResult:
    """Stop a running task; what it has moved stays moved."""
    handle = request.get("TaskHandle")
    if not handle:
        raise refusals.missing("TaskHandle")
    task_id, source_arn = parsed_task(handle)
    state = call.state(SqsState)
    if parsed_arn(source_arn) is not None:
        _queue(call, state, "SourceArn", source_arn)
    task = state.move_tasks.get(task_id)
    if task is None:
        raise AwsError("ResourceNotFoundException", "Task does not exist.", 404, facts=(Fact(handle, "exists", False),))
    if task.status != "RUNNING":
        raise AwsError(
            "InvalidParameterValue",
            "Only active tasks can be cancelled.",
            facts=(Fact(source_arn, "Status", task.status),),
        )
    task.status = "CANCELLING"
    state.move_tasks.touch(task.id)
    call.changed("sqs.MessageMoveTaskCancelled", source_arn, Status=task.status)
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def list_message_move_tasks(call: Call, request: ListMessageMoveTasksRequest) -> ListMessageMoveTasksResult:
    """The latest tasks of a source queue, the latest one by default."""
    source_arn = request.get("SourceArn")
    if not source_arn:
        raise refusals.missing("SourceArn")
    most = request.get("MaxResults")
    if most is not None and not 1 <= most <= limits.TASKS_LISTED_MAX:
        raise refusals.invalid("MaxResults", most, f"Must be between 1 and {limits.TASKS_LISTED_MAX}, if provided.")
    state = call.state(SqsState)
    _queue(call, state, "SourceArn", source_arn)
    return {"Results": [_shown(task) for task in _tasks(state, source_arn)[: most or 1]]}


def _queue(call: Call, state: SqsState, parameter: str, arn: str) -> Backlog:
    """The queue that an ARN names; tasks stay within one account and Region."""
    place = parsed_arn(arn)
    if place is None:
        raise AwsError(
            "InvalidParameterValue",
            f"You must use this format to specify the {parameter}: "
            "arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
        )
    region, account, name = place
    found = state.backlogs.get(name) if (region, account) == (call.region, call.account) else None
    if found is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"The resource that you specified for the {parameter} parameter doesn't exist.",
            404,
            facts=(Fact(arn, "exists", False),),
        )
    return found


def _tasks(state: SqsState, source_arn: str) -> list[MoveTask]:
    """A queue's tasks, the latest first."""
    tasks = [task for task in state.move_tasks.values() if task.source_arn == source_arn]
    tasks.reverse()
    return sorted(tasks, key=lambda task: -task.started_ms)


def _shown(task: MoveTask) -> ListMessageMoveTasksResultEntry:
    shown: ListMessageMoveTasksResultEntry = {
        "Status": task.status,
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started_ms,
    }
    if task.status == "RUNNING":
        shown["TaskHandle"] = task_handle(task)
    if task.destination_arn:
        shown["DestinationArn"] = task.destination_arn
    if task.per_s:
        shown["MaxNumberOfMessagesPerSecond"] = task.per_s
    if task.failure:
        shown["FailureReason"] = task.failure
    return shown
