"""Handing visible messages to a receiver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.sqs import contents, limits, refusals
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.digests import attributes_digest
from foulweather.services.sqs.handles import handle_of
from foulweather.services.sqs.lifecycle import dead_letter, dead_letter_queue, next_in_turn, settle
from foulweather.services.sqs.records import Message, Queue, ReceiveAttempt
from foulweather.services.sqs.state import SqsState

if TYPE_CHECKING:
    from aws_types.sqs import Message as ReceivedMessage
    from aws_types.sqs import MessageAttributeValue

# What a message says of itself; an attribute that it does not have is empty.
SYSTEM_ATTRIBUTES: dict[str, Callable[[Message], str]] = {
    "SenderId": lambda message: message.sender_id,
    "SentTimestamp": lambda message: str(message.sent_ms),
    "ApproximateReceiveCount": lambda message: str(message.receive_count),
    "ApproximateFirstReceiveTimestamp": lambda message: str(message.first_received_ms),
    "SequenceNumber": lambda message: str(message.sequence) if message.queue.endswith(".fifo") else "",
    "MessageDeduplicationId": lambda message: message.deduplication_id,
    "MessageGroupId": lambda message: message.group,
    "AWSTraceHeader": lambda message: message.trace_header,
    "DeadLetterQueueSourceArn": lambda message: message.dead_letter_source,
}


class Wanted(msgspec.Struct, frozen=True):
    """What a ReceiveMessage call asks for."""

    count: int
    wait_s: int
    visibility_s: int
    system_names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    attempt_id: str


def wanted(queue: Queue, request: Mapping[str, Any]) -> Wanted:
    """Check what a call asks for, and fill in what the queue says."""
    get = request.get
    count, wait_s, visibility_s = get("MaxNumberOfMessages"), get("WaitTimeSeconds"), get("VisibilityTimeout")
    attribute_names = get("MessageAttributeNames") or ()
    attempt_id = get("ReceiveRequestAttemptId") or ""
    system_names: tuple[str, ...] = ()
    if (old := get("AttributeNames")) or get("MessageSystemAttributeNames"):
        system_names = _system_names((*(old or ()), *(get("MessageSystemAttributeNames") or ())))
    if attribute_names:
        contents.checked_selectors(attribute_names)
    if attempt_id:
        if not queue.is_fifo:
            raise refusals.wrong_queue_type("ReceiveRequestAttemptId", attempt_id)
        limits.checked_token("ReceiveRequestAttemptId", attempt_id)
    return Wanted(
        1 if count is None else limits.checked_count(count),
        queue.wait_s if wait_s is None else limits.checked_wait(wait_s),
        queue.visibility_s if visibility_s is None else limits.checked_visibility(visibility_s),
        system_names,
        tuple(attribute_names),
        attempt_id,
    )


@lru_cache(maxsize=256)
def _system_names(asked: tuple[str, ...]) -> tuple[str, ...]:
    """The system attributes that a call asks for, in their own order."""
    for name in asked:
        if name not in SYSTEM_ATTRIBUTES and name != "All":
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
    return tuple(name for name in SYSTEM_ATTRIBUTES if name in asked or "All" in asked)


def deliver(call: Call, state: SqsState, backlog: Backlog, asked: Wanted) -> list[ReceivedMessage]:
    """Receive what is visible now, up to what is asked for and what may be in flight."""
    settle(call, state, backlog)
    if asked.attempt_id:
        repeated = _repeated(call, state, backlog, asked)
        if repeated:
            return [_shown(message, asked) for message in repeated]
    count = min(asked.count, limits.IN_FLIGHT_MAX - backlog.in_flight)
    if count <= 0 or not backlog.receivable():
        return []
    now = call.now
    if backlog.queue.receive_count_max:
        _bury(call, state, backlog, count)
    received = backlog.take(count)
    for message in received:
        message.receive_count += 1
        message.received_here += 1
        message.received_ms = now
        if not message.first_received_ms:
            message.first_received_ms = now
        backlog.hide(message, now + asked.visibility_s * 1000)
        state.messages.touch(message.id)
    if asked.attempt_id and received:
        _note_attempt(call, state, backlog, asked, received)
    if received:
        call.happened("sqs.MessageReceived", backlog.arn, count=len(received), visibility_s=asked.visibility_s)
    if backlog.parked:
        backlog.rouse(call.world)
    return [_shown(message, asked) for message in received]


def _bury(call: Call, state: SqsState, backlog: Backlog, count: int) -> None:
    """Move the spent messages out of the way of the next ones."""
    target = dead_letter_queue(state, backlog)
    if target is None:
        return
    for message in next_in_turn(state, backlog, count)[1]:
        dead_letter(call, state, backlog, target, message)


def _shown(message: Message, asked: Wanted) -> ReceivedMessage:
    shown: ReceivedMessage = {
        "MessageId": message.id,
        "ReceiptHandle": handle_of(message),
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    if asked.system_names:
        known = {name: value for name in asked.system_names if (value := SYSTEM_ATTRIBUTES[name](message))}
        if known:
            shown["Attributes"] = known
    if asked.attribute_names and message.attributes:
        chosen = contents.selected(message.attributes, asked.attribute_names)
        if chosen:
            shown["MessageAttributes"] = cast("dict[str, MessageAttributeValue]", chosen)
            is_all = len(chosen) == len(message.attributes)
            shown["MD5OfMessageAttributes"] = message.attributes_md5 if is_all else attributes_digest(chosen)
    return shown


def _repeated(call: Call, state: SqsState, backlog: Backlog, asked: Wanted) -> list[Message]:
    """What the same attempt received before, if none of it was changed since; its visibility timeout begins anew."""
    key = f"{backlog.queue.name}/{asked.attempt_id}"
    attempt = state.attempts.get(key)
    if attempt is None or call.now >= attempt.at_ms + limits.ATTEMPT_MS:
        return []
    messages: list[Message] = []
    for message_id, receive_count, visible_ms in attempt.messages:
        message = state.messages.get(message_id)
        if message is None or message.receive_count != receive_count or message.visible_ms != visible_ms:
            return []
        if not backlog.is_in_flight(message):
            return []
        messages.append(message)
    for message in messages:
        backlog.reappear(message, call.now + asked.visibility_s * 1000, call.now)
        state.messages.touch(message.id)
    attempt.messages = [(message.id, message.receive_count, message.visible_ms) for message in messages]
    state.attempts.touch(key)
    return messages


def _note_attempt(call: Call, state: SqsState, backlog: Backlog, asked: Wanted, received: list[Message]) -> None:
    name = backlog.queue.name
    for key in [key for key, old in state.attempts.items() if call.now >= old.at_ms + limits.ATTEMPT_MS]:
        state.attempts.delete(key)
    noted = [(message.id, message.receive_count, message.visible_ms) for message in received]
    state.attempts.put(f"{name}/{asked.attempt_id}", ReceiveAttempt(name, call.now, noted))
