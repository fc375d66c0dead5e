"""What becomes of a batch of events: what is taken, what is rejected, and who looks at it as it comes.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.logs import auditing, enriching, expiring, forwarding, limits, metrics, refusals
from foulweather.services.logs.chunks import Entity, Masks
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.scanning import id_of
from foulweather.services.logs.state import LogGroup, LogsState, LogStream
from foulweather.services.logs.tails import Tails
from foulweather.services.logs.watching import Watch, mask, watch

_KEY_ATTRIBUTES: Final = frozenset({"Type", "ResourceType", "Identifier", "Name", "Environment"})
_ENTITY_TYPES: Final = {
    "Service": frozenset({"Name", "Environment"}),
    "RemoteService": frozenset({"Name"}),
    "AWS::Service": frozenset({"Name"}),
    "AWS::Resource": frozenset({"ResourceType", "Identifier"}),
    "Resource": frozenset({"ResourceType", "Identifier"}),
}


class Batch(NamedTuple):
    """A batch that is in order and within its limits."""

    times: list[int]
    texts: list[str]
    messages: list[bytes]
    bytes: int
    entity: Entity | None = None


def checked_batch(call: Call, request: Mapping[str, Any]) -> Batch:
    """The events of a request; its refusal where the batch as a whole cannot be taken."""
    entries: Sequence[Mapping[str, Any]] = request.get("logEvents") or ()
    try:
        times = [entry["timestamp"] for entry in entries]
        texts = [entry["message"] for entry in entries]
    except KeyError:
        times, texts = [], []
    count = len(times)
    if not 0 < count <= limits.BATCH_EVENTS_MAX or not all(texts) or min(times) < 0:
        refusals.check_model(call, request)
        raise invalid("Log events must have a timestamp and a message.")
    messages = [text.encode() for text in texts]
    size = sum([len(message) for message in messages]) + 26 * count
    if size > limits.BATCH_BYTES_MAX:
        largest = max([len(message) for message in messages]) + 26
        if largest > limits.EVENT_BYTES_MAX:
            raise invalid(
                f"Log event too large: {largest} bytes exceeds limit of {limits.EVENT_BYTES_MAX}",
                Fact("request", "largest event bytes", largest),
            )
        raise invalid(
            f"Upload too large: {size} bytes exceeds limit of {limits.BATCH_BYTES_MAX}",
            Fact("request", "batch bytes", size),
        )
    if count > 1 and times != sorted(times):
        place = next(index for index in range(1, count) if times[index] < times[index - 1])
        raise invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
            Fact("request", f"logEvents[{place}].timestamp", times[place]),
            Fact("request", f"logEvents[{place - 1}].timestamp", times[place - 1]),
        )
    return Batch(times, texts, messages, size)


def entity_of(given: Mapping[str, Any]) -> tuple[Entity | None, str]:
    """The entity that a request tells of, flattened, or why it is rejected: the events are taken all the same.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/adding-your-own-related-telemetry.html
    """
    keys: Mapping[str, str] = given.get("keyAttributes") or {}
    attributes: Mapping[str, str] = given.get("attributes") or {}
    if not keys.keys() <= _KEY_ATTRIBUTES or not all(0 < len(value) <= 512 for value in keys.values()):
        return None, "InvalidKeyAttributes"
    if len(attributes) > 10 or not all(
        0 < len(name) <= 256 and 0 < len(value) <= 512 for name, value in attributes.items()
    ):
        return None, "InvalidAttributes"
    if "Type" not in keys:
        return None, "MissingRequiredFields"
    needed = _ENTITY_TYPES.get(keys["Type"])
    if needed is None:
        return None, "InvalidTypeValue"
    if not needed <= keys.keys():
        return None, "MissingRequiredFields"
    flat = {f"KeyAttributes.{name}": value for name, value in keys.items()}
    return flat | {f"Attributes.{name}": value for name, value in attributes.items()}, ""


def accept(call: Call, state: LogsState, group: LogGroup, stream: LogStream, batch: Batch) -> dict[str, int]:
    """Store what is neither too old nor too new, and tell what is rejected.

    "Events older than 14 days or preceding the log group's retention period are rejected while processing remaining
    valid events", as are those more than two hours in the future.
    """
    now, (times, texts, messages, size, entity) = call.now, batch
    rejected: dict[str, int] = {}
    start, end, count = 0, len(times), len(times)
    if times[-1] > now + limits.NEWEST_MS:
        end = rejected["tooNewLogEventStartIndex"] = bisect_right(times, now + limits.NEWEST_MS)
    if times[0] < now - limits.OLDEST_MS:
        start = rejected["tooOldLogEventEndIndex"] = bisect_left(times, now - limits.OLDEST_MS)
    if group.retention_ms and times[0] < now - group.retention_ms:
        expired = rejected["expiredLogEventEndIndex"] = bisect_left(times, now - group.retention_ms)
        start = max(start, expired)
    if end > start and times[end - 1] - times[start] > limits.BATCH_SPAN_MS:
        raise invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
            Fact("request", "first timestamp", times[start]),
            Fact("request", "last timestamp", times[end - 1]),
        )
    if rejected:
        _explain(call, group, stream, rejected, batch)
    if end <= start:
        return rejected
    if end - start < count:
        times, texts, messages = times[start:end], texts[start:end], messages[start:end]
        size = sum([len(message) for message in messages]) + 26 * len(messages)
    looks = watch(state, group)
    masks: Masks = {}
    shown: Sequence[str] = texts
    if looks.identifiers:
        masks, shown = mask(looks.identifiers, texts)
        if masks:
            call.happened("logs.EventsWithFindings", group.arn, events=len(masks))
            if looks.audits:
                auditing.report(call, group, looks.audits, looks.identifiers, [texts[index] for index in masks])
    storage = state.storages[stream.number]
    made = None
    if looks.transform is None:
        first = storage.append(times, messages, now, masks, entity)
    else:
        made = enriching.transformed(call, group, stream.name, looks.transform, shown)
        first = storage.append(times, messages, now, masks, entity, made.messages, made.errors)
    if group.retention_ms and storage.pieces[0].last_ms < now - group.retention_ms:
        expiring.expire(call, state, group)
    call.happened(
        "logs.Ingested", group.arn, bytes=size, events=len(times), stream=stream.name, log_class=group.log_class
    )
    if not group.expiry_ms and group.retention_ms:
        expiring.look_later(call, state, group)
    _look(call, group, stream, looks, times, shown, shown if made is None else made.of(shown), first)
    return rejected


def _explain(call: Call, group: LogGroup, stream: LogStream, rejected: Mapping[str, int], batch: Batch) -> None:
    """Put on record that an accepted request did not store all its events, and why."""
    count = len(batch.times)
    facts: list[Fact] = []
    if "tooNewLogEventStartIndex" in rejected:
        facts.append(Fact("request", "last timestamp", batch.times[-1]))
        facts.append(Fact("PutLogEvents", "newest timestamp", call.now + limits.NEWEST_MS))
    if "tooOldLogEventEndIndex" in rejected:
        facts.append(Fact("request", "first timestamp", batch.times[0]))
        facts.append(Fact("PutLogEvents", "oldest timestamp", call.now - limits.OLDEST_MS))
    if "expiredLogEventEndIndex" in rejected:
        facts.append(Fact("request", "first timestamp", batch.times[0]))
        facts.append(call.fact(group.arn, "retentionInDays", group.retention_days))
    kept = rejected.get("tooNewLogEventStartIndex", count) - max(
        rejected.get("tooOldLogEventEndIndex", 0), rejected.get("expiredLogEventEndIndex", 0)
    )
    lost = count - max(kept, 0)
    words = f"{lost} of {count} log events were rejected: too old, too new, or expired."
    call.explain("PutLogEvents", f"{group.arn}:log-stream:{stream.name}", Why("dropped", words, tuple(facts)))
    call.happened("logs.EventsRejected", group.arn, stream=stream.name, events=lost, **rejected)


def _look(
    call: Call,
    group: LogGroup,
    stream: LogStream,
    looks: Watch,
    times: Sequence[int],
    shown: Sequence[str],
    transformed: Sequence[str],
    first: int,
) -> None:
    """Let metric filters, embedded metrics, subscription filters and live tails see what came."""
    for metric_filter, pattern in looks.metric_filters:
        seen = transformed if metric_filter.of_transformed else shown
        metrics.filtered(call, group, metric_filter, pattern, times, seen)
    if looks.embeds_metrics:
        for index, message in enumerate(shown):
            if metrics.EMBEDDED in message:
                metrics.embedded(call, group, times[index], message)
    for subscription, pattern in looks.subscriptions:
        events = [
            (id_of(time_ms, call.now, stream.number, first + index), time_ms, message)
            for index, (time_ms, message) in enumerate(
                zip(times, transformed if subscription.of_transformed else shown, strict=True)
            )
            if pattern.matches(message)
        ]
        if events:
            forwarding.forward(call, group, subscription, stream.name, events)
    tails = Tails.of(call.world)
    if tails.open:
        tails.see(group.arn, stream.name, times, shown, call.now)
