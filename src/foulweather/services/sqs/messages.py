"""Sending messages."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.tracing import carried
from foulweather.kernel.why import Fact, Why
from foulweather.services.sqs import contents, limits, refusals
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.batches import checked_batch, each_entry
from foulweather.services.sqs.digests import attributes_digest, digest
from foulweather.services.sqs.encryption import sealing_key
from foulweather.services.sqs.records import Message, Sent
from foulweather.services.sqs.state import SqsState, located
from foulweather.services.sqs.throughput import check_rate
from foulweather.world.flights import asking

if TYPE_CHECKING:
    from aws_types.sqs import (
        SendMessageBatchRequest,
        SendMessageBatchRequestEntry,
        SendMessageBatchResult,
        SendMessageBatchResultEntry,
        SendMessageRequest,
        SendMessageResult,
    )


def send_message(call: Call, request: SendMessageRequest) -> SendMessageResult | Awaitable[SendMessageResult]:
    """Put one message on a queue; it becomes visible after its delay."""
    state, backlog = located(call, request.get("QueueUrl"))
    message = _checked(call, backlog, request)
    if backlog.queue.is_fifo:
        check_rate(call, backlog, "SendMessage", message.group)
    if backlog.queue.kms_key_id:
        return _send_sealed(call, state, backlog, message, request)
    return _sent(call, state, backlog, message, request)


async def _send_sealed(
    call: Call, state: SqsState, backlog: Backlog, message: Message, request: SendMessageRequest
) -> SendMessageResult:
    message.data_key = await sealing_key(call, backlog)
    state.require(backlog)
    return _sent(call, state, backlog, message, request)


def send_message_batch(
    call: Call, request: SendMessageBatchRequest
) -> SendMessageBatchResult | Awaitable[SendMessageBatchResult]:
    """Put up to ten messages on a queue; each may fail by itself."""
    state, backlog = located(call, request.get("QueueUrl"))
    entries = checked_batch(request.get("Entries"), "SendMessageBatchRequestEntry")
    size = sum(_size(entry) for entry in entries)
    if size > limits.BATCH_BYTES_MAX:
        raise AwsError(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {limits.BATCH_BYTES_MAX} bytes. You have sent {size} bytes.",
            facts=(Fact(backlog.arn, "batch size in bytes", size),),
        )
    if backlog.queue.is_fifo:
        check_rate(call, backlog, "SendMessage", *(str(entry.get("MessageGroupId", "")) for entry in entries))
    if backlog.queue.kms_key_id:
        return _send_batch_sealed(call, state, backlog, entries)
    return _sent_batch(call, state, backlog, entries)


async def _send_batch_sealed(
    call: Call, state: SqsState, backlog: Backlog, entries: Sequence[SendMessageBatchRequestEntry]
) -> SendMessageBatchResult:
    data_key = await sealing_key(call, backlog)
    state.require(backlog)
    return _sent_batch(call, state, backlog, entries, data_key)


def _sent_batch(
    call: Call,
    state: SqsState,
    backlog: Backlog,
    entries: Sequence[SendMessageBatchRequestEntry],
    data_key: bytes = b"",
) -> SendMessageBatchResult:
    def send(entry: SendMessageBatchRequestEntry) -> SendMessageBatchResultEntry:
        message = _checked(call, backlog, entry)
        message.data_key = data_key
        return {"Id": entry["Id"], **_sent(call, state, backlog, message, entry)}

    successful, failed = each_entry(entries, send)
    return {"Successful": successful, "Failed": failed}


def _checked(call: Call, backlog: Backlog, entry: Mapping[str, Any]) -> Message:
    """The message that a request or an entry of a batch asks for; nothing is changed yet."""
    queue = backlog.queue
    encoded = limits.checked_body(entry.get("MessageBody"), queue.arn, queue.message_bytes_max)
    size = len(encoded)
    attributes: dict[str, dict[str, Any]] = {}
    attributes_md5 = trace_header = ""
    if given := entry.get("MessageAttributes"):
        attributes, attributes_size = contents.checked_attributes(given)
        attributes_md5 = attributes_digest(attributes)
        size += attributes_size
        if size > queue.message_bytes_max:
            raise refusals.too_long(queue.arn, size, queue.message_bytes_max)
    if given := entry.get("MessageSystemAttributes"):
        trace_header = contents.checked_trace_header(given)
    elif (asker := asking.get()) is not None:
        # What a function sends carries its X-Amzn-Trace-Id on, with the lineage by which loops are found.
        trace_header = asker.trace_header
    elif call.hop.parent_id:
        trace_header = str(carried(call) or "")
    delay_s = entry.get("DelaySeconds")
    group = entry.get("MessageGroupId", "")
    deduplication_id = entry.get("MessageDeduplicationId", "")
    if queue.is_fifo:
        if delay_s is not None:
            raise refusals.wrong_queue_type("DelaySeconds", delay_s)
        if not group:
            raise refusals.missing("MessageGroupId")
        deduplication_id = _deduplication_id(queue.deduplicates_content, deduplication_id, encoded)
    elif deduplication_id:
        raise refusals.wrong_queue_type("MessageDeduplicationId", deduplication_id)
    if group:
        limits.checked_token("MessageGroupId", group)
    delay_s = queue.delay_s if delay_s is None else limits.checked_delay(delay_s)
    now = call.now
    return Message(
        "",
        queue.name,
        0,
        now,
        now + delay_s * 1000,
        entry["MessageBody"],
        digest(encoded),
        size,
        call.principal.user_id or call.principal.arn,
        group,
        deduplication_id,
        attributes,
        attributes_md5,
        trace_header,
    )


def _deduplication_id(is_by_content: bool, given: str, body: bytes) -> str:
    if given:
        return limits.checked_token("MessageDeduplicationId", given)
    if is_by_content:
        return sha256(body).hexdigest()
    raise AwsError(
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    )


def _sent(
    call: Call, state: SqsState, backlog: Backlog, message: Message, entry: Mapping[str, Any]
) -> SendMessageResult:
    """Put a checked message on its queue and tell the sender about it."""
    message.id = call.world.ids.uuid()
    message.sequence = state.next_sequence(call.now)
    duplicate = _duplicate(call, state, backlog, message) if message.deduplication_id else None
    if duplicate is None:
        state.accept(backlog, message, call.now)
        if message.visible_ms == message.sent_ms:
            call.happened("sqs.MessageSent", backlog.arn, bytes=message.size_bytes)
        else:
            delay_s = (message.visible_ms - message.sent_ms) // 1000
            call.happened("sqs.MessageSent", backlog.arn, bytes=message.size_bytes, delay_s=delay_s)
        if backlog.parked:
            backlog.rouse(call.world)
    else:
        message.id, message.sequence = duplicate.message_id, duplicate.sequence
    result: SendMessageResult = {"MD5OfMessageBody": message.md5, "MessageId": message.id}
    if message.attributes:
        result["MD5OfMessageAttributes"] = message.attributes_md5
    if given := entry.get("MessageSystemAttributes"):
        result["MD5OfMessageSystemAttributes"] = attributes_digest(given)
    if backlog.queue.is_fifo:
        result["SequenceNumber"] = str(message.sequence)
    return result


def _duplicate(call: Call, state: SqsState, backlog: Backlog, message: Message) -> Sent | None:
    """The same message if it was sent in the last five minutes; else this one is remembered.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
    """
    queue = backlog.queue
    scope = message.group if queue.deduplication_scope == "messageGroup" else ""
    key = f"{queue.name}/{message.deduplication_id}/{scope}"
    earlier = state.remembered(key, call.now)
    if earlier is None:
        state.remember(key, Sent(queue.name, message.id, message.sequence, call.now))
        return None
    why = Why(
        "dropped",
        f"A message with this deduplication id was sent {call.now - earlier.at_ms} ms ago; "
        f"the deduplication interval is {limits.DEDUPLICATION_MS} ms.",
        (
            Fact(backlog.arn, "MessageDeduplicationId", message.deduplication_id),
            Fact(backlog.arn, "MessageId", earlier.message_id),
            call.fact(backlog.arn, "DeduplicationScope", queue.deduplication_scope),
            call.fact(backlog.arn, "ContentBasedDeduplication", queue.deduplicates_content),
        ),
    )
    call.happened("sqs.MessageDeduplicated", backlog.arn, message_id=earlier.message_id)
    call.explain("Deduplicate", backlog.arn, why)
    return earlier


def _size(entry: SendMessageBatchRequestEntry) -> int:
    """The bytes that an entry counts, whether it is valid or not."""
    size = len(entry.get("MessageBody", "").encode(errors="surrogatepass"))
    for name, attribute in (entry.get("MessageAttributes") or {}).items():
        for part in (name, attribute.get("DataType", ""), attribute.get("StringValue", "")):
            size += len(part.encode(errors="surrogatepass"))
        size += len(attribute.get("BinaryValue", b""))
    return size
