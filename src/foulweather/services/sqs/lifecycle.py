"""What happens to a message by itself: it appears, expires, or goes to a dead-letter queue."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.sqs.addresses import parsed_arn
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.records import Message
from foulweather.services.sqs.state import SqsState


def settle(call: Call, state: SqsState, backlog: Backlog) -> None:
    """Bring a queue up to the present: let hidden messages appear, drop expired ones."""
    now = call.now
    backlog.settle(now)
    oldest = backlog.oldest()
    if oldest is not None and oldest.sent_ms + backlog.queue.retention_s * 1000 <= now:
        _expire(call, state, backlog)


def _expire(call: Call, state: SqsState, backlog: Backlog) -> None:
    arn = backlog.arn
    retention_s = backlog.queue.retention_s
    gone = backlog.expired(call.now)
    for message in gone:
        state.messages.delete(message.id)
    call.happened("sqs.MessageExpired", arn, count=len(gone), message_ids=[message.id for message in gone[:10]])
    why = Why(
        "dropped",
        f"{len(gone)} message(s) were on the queue for {retention_s} seconds without being deleted.",
        (call.fact(arn, "MessageRetentionPeriod", retention_s), Fact(arn, "MessageId", gone[0].id)),
        (f"aws sqs set-queue-attributes --queue-url {backlog.queue.name} --attributes MessageRetentionPeriod=1209600",),
    )
    call.explain("MessageExpired", arn, why)


def next_in_turn(state: SqsState, backlog: Backlog, count: int) -> tuple[list[Message], list[Message]]:
    """The next messages that can be received (the queue is settled), and those before them that are spent.

    A message is spent when it was received as often as maxReceiveCount says: its next receipt makes it a dead letter.
    """
    receive_count_max = backlog.queue.receive_count_max if dead_letter_queue(state, backlog) is not None else 0
    fresh: list[Message] = []
    spent: list[Message] = []
    for message in backlog.takeable():
        if 0 < receive_count_max <= message.received_here:
            spent.append(message)
            continue
        fresh.append(message)
        if len(fresh) == count:
            break
    return fresh, spent


def dead_letter_queue(state: SqsState, backlog: Backlog) -> Backlog | None:
    """Where a queue's dead letters go; without it they stay and keep being received."""
    place = parsed_arn(backlog.queue.dead_letter_arn)
    return state.backlogs.get(place[2]) if place else None


def dead_letter(call: Call, state: SqsState, backlog: Backlog, target: Backlog, message: Message) -> None:
    """Move a spent message to the dead-letter queue.

    On a standard queue it keeps the time at which it was sent, and so expires by that time; on a FIFO
    queue that time begins anew, and the deduplication id becomes the message's id.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    queue = backlog.queue
    backlog.remove(message)
    message.queue = target.queue.name
    message.dead_letter_source = backlog.arn
    message.received_here = 0
    message.visible_ms = call.now
    message.sequence = state.next_sequence(call.now)
    if queue.is_fifo:
        message.sent_ms = call.now
        message.deduplication_id = message.id
    state.accept(target, message, call.now)
    call.happened("sqs.MessageDeadLettered", backlog.arn, target=target.arn, message_id=message.id)
    why = Why(
        "dropped",
        f"The message was received {queue.receive_count_max} times (maxReceiveCount) and not deleted.",
        (
            call.fact(backlog.arn, "RedrivePolicy", queue.redrive_policy),
            Fact(backlog.arn, "ApproximateReceiveCount", message.receive_count),
            Fact(backlog.arn, "MessageId", message.id),
        ),
    )
    call.explain("DeadLetter", backlog.arn, why)
    target.rouse(call.world)
