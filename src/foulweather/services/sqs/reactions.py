"""What SQS does by itself when a time has come."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.sqs import limits
from foulweather.services.sqs.addresses import parsed_arn
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.lifecycle import settle
from foulweather.services.sqs.records import Message, MoveTask
from foulweather.services.sqs.state import SqsState


def move_messages(call: Call, task: str) -> None:
    """Move one second's share of a message move task, and go on a second later if there is more."""
    state = call.state(SqsState)
    found = state.move_tasks.get(task)
    if found is None:
        return
    if found.status == "CANCELLING":
        _end(call, state, found, "CANCELLED")
        return
    source = _backlog(state, found.source_arn)
    if source is None:
        _end(call, state, found, "FAILED", "AWS.SimpleQueueService.NonExistentQueue")
        return
    settle(call, state, source)
    for _ in range(found.per_s or limits.MOVED_PER_S_MAX):
        message = next(source.takeable(), None)
        if message is None:
            break
        destination_arn = found.destination_arn or message.dead_letter_source
        destination = _backlog(state, destination_arn)
        if destination is None:
            # A message that was sent to the dead-letter queue itself came from no other queue.
            reason = "AWS.SimpleQueueService.NonExistentQueue" if destination_arn else "CouldNotDetermineMessageSource"
            _end(call, state, found, "FAILED", reason)
            return
        _move(call, state, source, destination, message)
        found.moved += 1
    state.move_tasks.touch(task)
    if source.receivable():
        call.later(call.now + limits.MOVE_STEP_MS, "sqs.move_messages", task=task)
    else:
        _end(call, state, found, "COMPLETED")


def _move(call: Call, state: SqsState, source: Backlog, destination: Backlog, message: Message) -> None:
    """Redriven messages are new messages: their id and the time they were sent are new.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    state.remove(source, message)
    moved = Message(
        call.world.ids.uuid(),
        destination.queue.name,
        state.next_sequence(call.now),
        call.now,
        call.now,
        message.body,
        message.md5,
        message.size_bytes,
        message.sender_id,
        message.group,
        message.deduplication_id,
        message.attributes,
        message.attributes_md5,
        message.trace_header,
        data_key=message.data_key,
    )
    state.accept(destination, moved, call.now)
    call.happened("sqs.MessageMoved", source.arn, target=destination.arn, message_id=moved.id)
    destination.rouse(call.world)


def _backlog(state: SqsState, arn: str) -> Backlog | None:
    place = parsed_arn(arn)
    return state.backlogs.get(place[2]) if place else None


def _end(call: Call, state: SqsState, task: MoveTask, status: str, failure: str = "") -> None:
    task.status, task.failure = status, failure
    state.move_tasks.touch(task.id)
    call.happened("sqs.MessageMoveTaskEnded", task.source_arn, status=status, moved=task.moved)
    if failure:
        facts = (
            Fact(task.source_arn, "FailureReason", failure),
            Fact(task.source_arn, "DestinationArn", task.destination_arn),
        )
        call.explain(
            "MoveMessages", task.source_arn, Why("failed", f"The message move task failed: {failure}.", facts), failure
        )
