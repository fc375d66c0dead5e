"""Receiving messages, and what a receiver does with them."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.sqs import limits, refusals
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.batches import checked_batch, each_entry
from foulweather.services.sqs.delivery import Wanted, deliver, wanted
from foulweather.services.sqs.encryption import open_next
from foulweather.services.sqs.handles import Handle, parsed
from foulweather.services.sqs.lifecycle import settle
from foulweather.services.sqs.records import Message
from foulweather.services.sqs.state import SqsState, located
from foulweather.services.sqs.throughput import check_rate

if TYPE_CHECKING:
    from aws_types.sqs import (
        ChangeMessageVisibilityBatchRequest,
        ChangeMessageVisibilityBatchRequestEntry,
        ChangeMessageVisibilityBatchResult,
        ChangeMessageVisibilityBatchResultEntry,
        ChangeMessageVisibilityRequest,
        DeleteMessageBatchRequest,
        DeleteMessageBatchRequestEntry,
        DeleteMessageBatchResult,
        DeleteMessageBatchResultEntry,
        DeleteMessageRequest,
        ReceiveMessageRequest,
        ReceiveMessageResult,
    )


def receive_message(
    call: Call, request: ReceiveMessageRequest
) -> ReceiveMessageResult | Awaitable[ReceiveMessageResult]:
    """Receive up to ten messages; a long poll waits for the first of them."""
    state, backlog = located(call, request.get("QueueUrl"))
    asked = wanted(backlog.queue, request)
    if backlog.queue.is_fifo:
        check_rate(call, backlog, "ReceiveMessage")
    if backlog.sealed:
        return _receive_waiting(call, state, backlog, asked)
    found = deliver(call, state, backlog, asked)
    if found:
        return {"Messages": found}
    if asked.wait_s:
        return _receive_waiting(call, state, backlog, asked)
    return _nothing(call, backlog, asked)


async def _receive_waiting(call: Call, state: SqsState, backlog: Backlog, asked: Wanted) -> ReceiveMessageResult:
    """Receive what there is, or what comes until the time is over; data keys are decrypted first."""
    until_ms = call.now + asked.wait_s * 1000
    while True:
        if backlog.sealed:
            await open_next(call, state, backlog, asked.count)
        state.require(backlog)
        found = deliver(call, state, backlog, asked)
        if found:
            return {"Messages": found}
        if call.now >= until_ms:
            return _nothing(call, backlog, asked)
        backlog.set_alarm(call.world)
        try:
            await backlog.parked.wait(call, until_ms)
        except BaseException:
            # The client went away: whoever waits next may have what this one was woken for.
            backlog.rouse(call.world)
            raise


def _nothing(call: Call, backlog: Backlog, asked: Wanted) -> ReceiveMessageResult:
    """A short poll of a standard queue with too much in flight fails; long polls and FIFO queues just find nothing.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
    """
    if backlog.in_flight >= limits.IN_FLIGHT_MAX and not asked.wait_s and not backlog.queue.is_fifo:
        raise refusals.over_in_flight_limit(backlog.arn, backlog.in_flight)
    call.happened("sqs.EmptyReceive", backlog.arn)
    return {}


def delete_message(call: Call, request: DeleteMessageRequest) -> None:
    """Delete the message that was received with a receipt handle."""
    state, backlog = located(call, request.get("QueueUrl"))
    handle = parsed(_required(request, "ReceiptHandle"), backlog.queue)
    if backlog.queue.is_fifo:
        check_rate(call, backlog, "DeleteMessage")
    _delete(call, state, backlog, handle, request["ReceiptHandle"], is_in_batch=False)


def delete_message_batch(call: Call, request: DeleteMessageBatchRequest) -> DeleteMessageBatchResult:
    """Delete up to ten messages; each may fail by itself."""
    state, backlog = located(call, request.get("QueueUrl"))
    entries = checked_batch(request.get("Entries"), "DeleteMessageBatchRequestEntry")
    if backlog.queue.is_fifo:
        check_rate(call, backlog, "DeleteMessage")

    def delete(entry: DeleteMessageBatchRequestEntry) -> DeleteMessageBatchResultEntry:
        text = _required(entry, "ReceiptHandle")
        _delete(call, state, backlog, parsed(text, backlog.queue), text, is_in_batch=True)
        return {"Id": entry["Id"]}

    successful, failed = each_entry(entries, delete)
    return {"Successful": successful, "Failed": failed}


def change_message_visibility(call: Call, request: ChangeMessageVisibilityRequest) -> None:
    """Set anew when a received message becomes visible again, from now."""
    state, backlog = located(call, request.get("QueueUrl"))
    handle = parsed(_required(request, "ReceiptHandle"), backlog.queue)
    timeout_s = _checked_timeout(request)
    if backlog.queue.is_fifo:
        check_rate(call, backlog, "ChangeMessageVisibility")
    _change_visibility(call, state, backlog, handle, request["ReceiptHandle"], timeout_s)


def change_message_visibility_batch(
    call: Call, request: ChangeMessageVisibilityBatchRequest
) -> ChangeMessageVisibilityBatchResult:
    """Set anew when up to ten received messages become visible again; each may fail by itself."""
    state, backlog = located(call, request.get("QueueUrl"))
    entries = checked_batch(request.get("Entries"), "ChangeMessageVisibilityBatchRequestEntry")
    if backlog.queue.is_fifo:
        check_rate(call, backlog, "ChangeMessageVisibility")

    def change(entry: ChangeMessageVisibilityBatchRequestEntry) -> ChangeMessageVisibilityBatchResultEntry:
        text = _required(entry, "ReceiptHandle")
        handle = parsed(text, backlog.queue)
        _change_visibility(call, state, backlog, handle, text, _checked_timeout(entry))
        return {"Id": entry["Id"]}

    successful, failed = each_entry(entries, change)
    return {"Successful": successful, "Failed": failed}


def _required(request: Mapping[str, Any], parameter: str) -> str:
    value = request.get(parameter)
    if not value:
        raise refusals.missing(parameter)
    return value


def _checked_timeout(request: Mapping[str, Any]) -> int:
    timeout_s = request.get("VisibilityTimeout")
    if timeout_s is None:
        raise refusals.missing("VisibilityTimeout")
    return limits.checked_visibility(timeout_s)


def _receipted(state: SqsState, backlog: Backlog, handle: Handle) -> Message | None:
    """The message of a receipt, if it is still on this queue and was not received again since."""
    message = state.messages.get(handle.message_id)
    if message is None or message.queue != backlog.queue.name or message.receive_count != handle.receive_count:
        return None
    return message


def _delete(call: Call, state: SqsState, backlog: Backlog, handle: Handle, text: str, *, is_in_batch: bool) -> None:
    """Delete by a receipt; what is gone already is deleted again without complaint.

    A standard queue ignores an old receipt ("the request will succeed, but the message might not be
    deleted"); a FIFO queue refuses one whose visibility timeout is over. No receipt lasts longer
    than twelve hours.
    """
    message = _receipted(state, backlog, handle)
    if backlog.queue.is_fifo:
        is_over = handle.message_id in state.messages and (message is None or message.visible_ms <= call.now)
    else:
        is_over = call.now >= handle.received_ms + limits.VISIBILITY_S_MAX * 1000
    if is_over:
        until_ms = message.visible_ms if message is not None else handle.received_ms
        raise refusals.receipt_is_over(text, backlog.arn, until_ms, is_in_batch)
    if message is None:
        call.happened("sqs.DeletionRepeated", backlog.arn, message_id=handle.message_id)
        return
    state.remove(backlog, message)
    call.happened("sqs.MessageDeleted", backlog.arn, sent_ms=message.sent_ms, visible_ms=message.visible_ms)
    if backlog.parked:
        backlog.rouse(call.world)


def _change_visibility(
    call: Call, state: SqsState, backlog: Backlog, handle: Handle, text: str, timeout_s: int
) -> None:
    settle(call, state, backlog)
    message = _receipted(state, backlog, handle)
    if message is None:
        raise refusals.invalid(
            "ReceiptHandle", text, "Message does not exist or is not available for visibility timeout change."
        )
    if not backlog.is_in_flight(message):
        raise refusals.not_in_flight(backlog.arn, message.id, message.visible_ms)
    until_ms = call.now + timeout_s * 1000
    if until_ms > message.received_ms + limits.VISIBILITY_S_MAX * 1000:
        raise refusals.invalid(
            "VisibilityTimeout",
            timeout_s,
            f"Total VisibilityTimeout for the message is beyond the limit [{limits.VISIBILITY_S_MAX} seconds].",
        )
    was_ms = message.visible_ms
    backlog.reappear(message, until_ms, call.now)
    state.messages.touch(message.id)
    call.happened("sqs.MessageVisibilityChanged", backlog.arn, was_ms=was_ms, until_ms=until_ms)
    if backlog.parked:
        backlog.rouse(call.world)
