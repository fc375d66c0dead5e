"""Targets: those that take a batch as one array, and those that take its events one by one, in a batch of their API's.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.event_paths import MISSING
from foulweather.kernel.ports import Ports
from foulweather.services.pipes import enriching, limits, shaping
from foulweather.services.pipes.roles import answered
from foulweather.services.pipes.state import Pipe, part

MODELS = {"states": "stepfunctions"}


class Item(NamedTuple):
    """An event for the target: its text, and what its dynamic parameters look into."""

    text: str
    document: Any


class Sent(NamedTuple):
    """What a target did not take: events by their places, or by the identifiers that it told."""

    places: dict[int, AwsError] = {}
    ids: frozenset[str] = frozenset()


class Sending(NamedTuple):
    """What a sender needs to know."""

    call: Call
    ports: Ports
    pipe: Pipe
    own: Mapping[str, Any]
    """What the pipe says about its kind of target."""


Sender = Callable[[Sending, Sequence[Item]], Awaitable[Sent]]


async def send(sending: Sending, items: Sequence[Item]) -> Sent:
    """Send events to the target, or raise why none of them reached it."""
    kind = sending.pipe.target_kind
    most = limits.BATCH_MAX.get(kind)
    if most is not None and len(items) > most:
        # An enrichment may answer with more events than there were; the target is not invoked with too many.
        raise limits.invalid(f"{len(items)} events are more than the target takes at once: {most}.", events=len(items))
    return await SENDERS[kind](sending, items)


def _array(kind: str, items: Sequence[Item]) -> str:
    text = "[" + ",".join(shaping.dumps(shaping.as_json(item.text)) for item in items) + "]"
    most = limits.PAYLOAD_BYTES_MAX[kind]
    if len(text.encode()) > most:
        raise limits.invalid(f"The events are larger than the target takes: {most} bytes.", bytes=len(text.encode()))
    return text


async def _to_function(sending: Sending, items: Sequence[Item]) -> Sent:
    waits = sending.own.get("InvocationType", "REQUEST_RESPONSE") == "REQUEST_RESPONSE"
    request = {
        "FunctionName": sending.pipe.target,
        "InvocationType": "RequestResponse" if waits else "Event",
        "Payload": _array("lambda", items).encode(),
    }
    told = await answered(sending.ports.lambda_.invoke(request))
    if not waits:
        return Sent()
    payload = await enriching.payload_of(told)
    if told.get("FunctionError"):
        raise enriching.failed(sending.pipe.target, told["FunctionError"], payload)
    return Sent(ids=frozenset(enriching.failed_ids(payload) or ()))


async def _to_machine(sending: Sending, items: Sequence[Item]) -> Sent:
    request = {"stateMachineArn": sending.pipe.target, "input": _array("states", items)}
    if sending.own.get("InvocationType", "REQUEST_RESPONSE") != "REQUEST_RESPONSE":
        await answered(sending.ports.stepfunctions.start_execution(request))
        return Sent()
    told = await answered(sending.ports.stepfunctions.start_sync_execution(request))
    if told["status"] != "SUCCEEDED":
        why = str(told.get("cause") or told.get("error") or "")
        raise enriching.failed(sending.pipe.target, told["status"], why.encode())
    return Sent(ids=frozenset(enriching.failed_ids(str(told.get("output") or "").encode()) or ()))


async def _to_queue(sending: Sending, items: Sequence[Item]) -> Sent:
    _, _, _, region, account, name = sending.pipe.target.split(":", 5)
    entries: list[dict[str, Any]] = []
    for place, item in enumerate(items):
        entry = {"Id": str(place), "MessageBody": item.text}
        for member in ("MessageGroupId", "MessageDeduplicationId"):
            if sending.own.get(member):
                entry[member] = shaping.dynamic_text(sending.own[member], item.document)
        entries.append(entry)
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    told = await answered(sending.ports.sqs.send_message_batch({"QueueUrl": url, "Entries": entries}))
    return _failed_entries(told)


async def _to_topic(sending: Sending, items: Sequence[Item]) -> Sent:
    entries = [{"Id": str(place), "Message": item.text} for place, item in enumerate(items)]
    request = {"TopicArn": sending.pipe.target, "PublishBatchRequestEntries": entries}
    return _failed_entries(await answered(sending.ports.sns.publish_batch(request)))


def _failed_entries(told: Mapping[str, Any]) -> Sent:
    failed: Sequence[Mapping[str, Any]] = told.get("Failed") or ()
    return Sent({int(each["Id"]): AwsError(each["Code"], each.get("Message") or "") for each in failed})


async def _to_stream(sending: Sending, items: Sequence[Item]) -> Sent:
    key: str = sending.own["PartitionKey"]
    records = [{"Data": item.text.encode(), "PartitionKey": shaping.dynamic_text(key, item.document)} for item in items]
    request = {"StreamARN": sending.pipe.target, "Records": records}
    told = await answered(sending.ports.kinesis.put_records(request))
    return _failed_in_order(told["Records"])


async def _to_delivery_stream(sending: Sending, items: Sequence[Item]) -> Sent:
    name = sending.pipe.target.rpartition("/")[2]
    records = [{"Data": item.text.encode()} for item in items]
    told = await answered(sending.ports.firehose.put_record_batch({"DeliveryStreamName": name, "Records": records}))
    return _failed_in_order(told["RequestResponses"])


async def _to_bus(sending: Sending, items: Sequence[Item]) -> Sent:
    """https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeTargetEventBridgeEventBusParameters.html."""
    own, entries = sending.own, list[dict[str, Any]]()
    for item in items:
        entry: dict[str, Any] = {
            "EventBusName": sending.pipe.target,
            "Source": shaping.dynamic_text(own.get("Source") or f"Pipe {sending.pipe.name}", item.document),
            "DetailType": shaping.dynamic_text(
                own.get("DetailType") or f"Event from aws:{sending.pipe.source_kind}", item.document
            ),
            "Detail": item.text,
        }
        if own.get("Resources"):
            entry["Resources"] = [shaping.dynamic_text(each, item.document) for each in own["Resources"]]
        if own.get("Time"):
            at_ms = _ms(shaping.dynamic(own["Time"], item.document))
            if at_ms is not None:
                entry["Time"] = at_ms
        entries.append(entry)
    told = await answered(sending.ports.events.put_events({"Entries": entries}))
    return _failed_in_order(told["Entries"])


def _failed_in_order(answers: Sequence[Mapping[str, Any]]) -> Sent:
    return Sent(
        {
            place: AwsError(each["ErrorCode"], each.get("ErrorMessage") or "")
            for place, each in enumerate(answers)
            if each.get("ErrorCode")
        }
    )


async def _to_group(sending: Sending, items: Sequence[Item]) -> Sent:
    """Log events, in the stream that is named, or in one named after the pipe."""
    own, call = sending.own, sending.call
    group = sending.pipe.target.split(":log-group:", 1)[1].removesuffix(":*")
    streams: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        stream = shaping.dynamic_text(own.get("LogStreamName") or sending.pipe.name, item.document)
        at_ms = _ms(shaping.dynamic(own["Timestamp"], item.document)) if own.get("Timestamp") else None
        event = {"timestamp": call.now if at_ms is None else at_ms, "message": item.text}
        streams.setdefault(stream, []).append(event)
    for stream, events in streams.items():
        place = {"logGroupName": group, "logStreamName": stream}
        events.sort(key=lambda event: event["timestamp"])
        try:
            await answered(sending.ports.logs.put_log_events({**place, "logEvents": events}))
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await answered(sending.ports.logs.create_log_stream(place))
            await answered(sending.ports.logs.put_log_events({**place, "logEvents": events}))
    return Sent()


def _ms(value: Any) -> int | None:
    """A time that an event tells: a number of seconds or milliseconds, or ISO 8601."""
    if value is MISSING:
        return None
    try:
        if isinstance(value, str) and not value.isdigit():
            return int(datetime.fromisoformat(value).timestamp() * 1000)
        number = int(value)
    except (ValueError, TypeError):
        return None
    return number if number >= 100_000_000_000 else number * 1000


def own_settings(pipe: Pipe) -> dict[str, Any]:
    """What a pipe says about its kind of target."""
    told = part(pipe.settings, "TargetParameters")
    return next((part(told, name) for name in told if name != "InputTemplate"), dict[str, Any]())


SENDERS: dict[str, Sender] = {
    "events": _to_bus,
    "firehose": _to_delivery_stream,
    "kinesis": _to_stream,
    "lambda": _to_function,
    "logs": _to_group,
    "sns": _to_topic,
    "sqs": _to_queue,
    "states": _to_machine,
}
