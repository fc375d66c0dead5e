"""Publishing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.sns import archives, arns, deliveries, encryption, limits, outbox, protocols, reading, tracing
from foulweather.services.sns.envelopes import Message, sequence_number
from foulweather.services.sns.limits import invalid_parameter, not_found
from foulweather.services.sns.state import SnsState, Topic, Until

if TYPE_CHECKING:
    from aws_types.sns import PublishBatchInput, PublishBatchResponse, PublishInput, PublishResponse


# What a failed entry of a batch calls an error: the code that the query protocol has for it.
_CODES = {"InvalidParameterValueException": "ParameterValueInvalid"}


def publish(call: Call, request: PublishInput) -> PublishResponse:
    """Publish one message to a topic, a device or a phone; deliveries that fail do not fail it."""
    topic_arn, target, number = request.get("TopicArn"), request.get("TargetArn"), request.get("PhoneNumber")
    named = [name for name in (topic_arn, target, number) if name]
    if not named:
        raise invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter")
    if len(named) > 1:
        raise invalid_parameter("Only one of TopicArn, TargetArn or PhoneNumber may be specified")
    if number:
        return _to_phone(call, number, request)
    if target and ":endpoint/" in target:
        return _to_device(call, target, request)
    arn = arns.topic(call, topic_arn or target or "", "TopicArn" if topic_arn else "TargetArn")
    state = call.state(SnsState, arn.account)
    topic = state.topics.get(arn.text)
    if topic is None:
        reading.check_text(request)
        raise not_found("Topic")
    message = reading.read(call, topic, request)
    encryption.check(call, topic)
    return _published(call, state, topic, message)


def publish_batch(call: Call, request: PublishBatchInput) -> PublishBatchResponse:
    """Publish up to ten messages to a topic; each succeeds or fails by itself."""
    arn = arns.topic(call, limits.required(request, "TopicArn"))
    entries: list[Any] = list(request.get("PublishBatchRequestEntries") or [])
    _check_batch(entries)
    state = call.state(SnsState, arn.account)
    topic = state.topics.get(arn.text)
    if topic is None:
        raise not_found("Topic")
    encryption.check(call, topic)
    messages: list[tuple[str, Message | AwsError]] = []
    for entry in entries:
        try:
            messages.append((entry["Id"], reading.read(call, topic, entry)))
        except AwsError as error:
            if "Message too long" in error.message:
                raise _batch_too_long() from None
            messages.append((entry["Id"], error))
    if sum(one.size for _, one in messages if isinstance(one, Message)) > limits.MESSAGE_BYTES_MAX:
        raise _batch_too_long()
    successful: list[Any] = []
    failed: list[Any] = []
    for entry_id, message in messages:
        if isinstance(message, Message):
            published = _published(call, state, topic, message)
            successful.append({"Id": entry_id, **published})
        else:
            code = _CODES.get(message.code, "InvalidParameter")
            failed.append({"Id": entry_id, "Code": code, "Message": message.message, "SenderFault": True})
            call.explain("Publish", topic.arn, message.why, message.code)
    return {"Successful": successful, "Failed": failed}


def _published(call: Call, state: SnsState, topic: Topic, message: Message) -> Any:
    if topic.is_fifo:
        key = _deduplication_key(topic, message)
        seen = state.deduplication.get(key)
        if seen is not None and call.now < seen.until_ms:
            # "Accepted successfully but aren't delivered": with the first message's id and number.
            call.happened("sns.MessageDeduplicated", topic.arn, message_id=seen.message_id)
            return {"MessageId": seen.message_id, "SequenceNumber": sequence_number(seen.sequence)}
        topic.sequence += 1
        message.sequence = topic.sequence
        state.topics.touch(topic.arn)
        _forget_seen(state, call.now)
        if key in state.deduplication:
            state.deduplication.delete(key)
        state.deduplication.put(key, Until(call.now + limits.DEDUPLICATION_MS, message.id, message.sequence))
        archives.keep(call, state, topic, message)
    call.happened("sns.MessagePublished", topic.arn, bytes=message.size, message_id=message.id, **_traced(topic))
    message.trace_header = tracing.header(call, topic, message.id)
    deliveries.fan_out(call, state, topic, message)
    if topic.is_fifo:
        return {"MessageId": message.id, "SequenceNumber": sequence_number(message.sequence)}
    return {"MessageId": message.id}


def _traced(topic: Topic) -> dict[str, str]:
    tracing = topic.attributes.get("TracingConfig")
    return {"tracing": tracing} if tracing == "Active" else {}


def _deduplication_key(topic: Topic, message: Message) -> str:
    scope = message.group if topic.attributes.get("FifoThroughputScope") == "MessageGroup" else ""
    return f"{topic.arn} {scope} {message.deduplication}"


def _forget_seen(state: SnsState, now_ms: int) -> None:
    seen = state.deduplication
    while seen:
        oldest = next(iter(seen))
        if seen[oldest].until_ms > now_ms:
            return
        seen.delete(oldest)


def _to_phone(call: Call, number: str, request: PublishInput) -> PublishResponse:
    if not protocols.is_phone(number):
        raise invalid_parameter(f"PhoneNumber Reason: {number} is not valid to publish to")
    message = reading.read(call, None, request)
    text = message.text_for("sms")
    if len(text) > limits.SMS_CHARACTERS_MAX:
        raise invalid_parameter("Message too long")
    state = call.state(SnsState)
    number = protocols.phone(number)
    call.happened("sns.MessagePublished", number, bytes=message.size, message_id=message.id)
    why = outbox.text_phone(call, state, number, text, message.id)
    # Publish to a phone succeeds when SNS has taken the message; what becomes of it is in the delivery log.
    if why is None:
        call.happened("sns.NotificationDelivered", number, protocol="sms", message_id=message.id)
    else:
        call.happened("sns.NotificationFailed", number, protocol="sms", message_id=message.id, cause=why.cause)
        call.explain("Delivery", number, why)
    return {"MessageId": message.id}


def _to_device(call: Call, target: str, request: PublishInput) -> PublishResponse:
    arn = arns.checked(target, "TargetArn")
    if arn.region != call.region:
        raise invalid_parameter("TargetArn")
    message = reading.read(call, None, request)
    state = call.state(SnsState, arn.account)
    endpoint = state.endpoints.get(target)
    if endpoint is None:
        raise invalid_parameter("TargetArn Reason: No endpoint found for the target arn specified")
    if endpoint.attributes.get("Enabled", "true") != "true":
        raise AwsError(
            "EndpointDisabledException",
            "Endpoint is disabled",
            facts=(call.fact(target, "Enabled", "false"),),
            remedy=(f"aws sns set-endpoint-attributes --endpoint-arn {target} --attributes Enabled=true",),
        )
    call.happened("sns.MessagePublished", target, bytes=message.size, message_id=message.id)
    outbox.push(call, state, target, message)
    call.happened("sns.NotificationDelivered", target, protocol="application", message_id=message.id)
    return {"MessageId": message.id}


def _check_batch(entries: list[Any]) -> None:
    if not entries:
        raise AwsError("EmptyBatchRequestException", "The batch request doesn't contain any entries.")
    if len(entries) > limits.BATCH_ENTRIES_MAX:
        raise AwsError(
            "TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible."
        )
    ids = [entry.get("Id") or "" for entry in entries]
    if not all(limits.is_batch_id(entry_id) for entry_id in ids):
        raise AwsError(
            "InvalidBatchEntryIdException",
            "The Id of a batch entry in a batch request doesn't abide by the specification.",
        )
    if len(set(ids)) < len(ids):
        raise AwsError(
            "BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id."
        )


def _batch_too_long() -> AwsError:
    return AwsError(
        "BatchRequestTooLongException", "The length of all the messages put together is more than the limit."
    )
