"""What subscription filters send on: the payload, and its way to a function or a stream.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import gzip
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

from orjson import dumps

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.logs import refusals, roles, scanning
from foulweather.services.logs.state import Destination, LogGroup, LogsState, SubscriptionFilter

# "CloudWatch Logs retries delivery for up to 24 hours": SubscriptionFilters.
GIVEN_UP_MS: Final = 86_400_000
RETRY_MS: Final = 60_000
# A function whose own log group leads to it would run for ever at one instant of a held clock: after so many payloads
# at one time the next wait a second. AWS tells no latency.
AT_ONCE_MAX: Final = 100
LATENCY_MS: Final = 1000
# What the smallest of the destinations takes: a function's event of 1 MB, as base64 in JSON. AWS tells no size.
_RECORD_BYTES_MAX: Final = 750_000
_TRANSIENT: Final = frozenset(
    {
        "ThrottlingException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "ServiceUnavailableException",
        "ServiceException",
        "LimitExceededException",
    }
)
_UNUSABLE: Final = {
    "lambda": "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
    "execute your function.",
    "kinesis": "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in "
    "ACTIVE state.",
    "firehose": "Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is "
    "in ACTIVE state.",
    "logs": "Could not deliver test message to specified destination. Check if the destination is valid.",
}
_CONTROL: Final = "CWL CONTROL MESSAGE: Checking health of destination"


def payload(
    group: LogGroup,
    stream: str,
    filters: Sequence[str],
    events: Sequence[tuple[int, int, str]],
    kind: str = "DATA_MESSAGE",
) -> bytes:
    """Events (id, time, message) as destinations get them: JSON, compressed with gzip."""
    document = {
        "messageType": kind,
        "owner": group.account if kind == "DATA_MESSAGE" else "CloudwatchLogs",
        "logGroup": group.name if kind == "DATA_MESSAGE" else "",
        "logStream": stream,
        "subscriptionFilters": list(filters),
        "logEvents": [
            {"id": scanning.shown(event_id), "timestamp": time_ms, "message": message}
            for event_id, time_ms, message in events
        ],
    }
    return gzip.compress(dumps(document), 6, mtime=0)


def kind_of(destination: str) -> str:
    """What a destination is: lambda, kinesis, firehose or logs; empty when it is none of them."""
    kind = destination.split(":")[2] if destination.count(":") >= 5 else ""
    return kind if kind in _UNUSABLE else ""


def logical(call: Call, arn: str) -> Destination | None:
    """The logical destination of an ARN, of whatever account; it is in this region, or nowhere."""
    parts = arn.split(":", 6)
    if len(parts) < 7 or parts[3] != call.region or parts[5] != "destination":
        return None
    return call.state(LogsState, parts[4], parts[3]).destinations.get(parts[6])


async def check_target(call: Call, destination: Destination) -> None:
    """Send a test message to what a logical destination stands for, as CloudWatch Logs does before it makes one."""
    group = LogGroup("", destination.account, destination.region, call.now)
    target = SubscriptionFilter("", destination.name, "", destination.target, call.now, destination.role)
    await check_destination(call, group, target)


async def check_destination(call: Call, group: LogGroup, subscription: SubscriptionFilter) -> None:
    """Send a test message, as CloudWatch Logs does before it takes a subscription filter."""
    kind = kind_of(subscription.destination)
    if kind == "logs":
        destination = logical(call, subscription.destination)
        if destination is None:
            raise refusals.invalid(_UNUSABLE["logs"], Fact(subscription.destination, "exists", False))
        await check_target(call, destination)
        return
    if call.pipeline.services.find(kind) is None:
        raise refusals.invalid(
            _UNUSABLE[kind],
            Fact(subscription.destination, "exists", False),
            Fact(f"foulweather:{kind}", "implemented", False),
        )
    data = payload(group, "", [subscription.name], [(0, call.now, _CONTROL)], "CONTROL_MESSAGE")
    try:
        await _sent(call, group, subscription, "", data, is_test=True)
    except AwsError as error:
        fact = Fact("request", "destinationArn", subscription.destination)
        why = Why("refused", _UNUSABLE[kind], (fact,), because=(error.why,))
        raise AwsError("InvalidParameterException", _UNUSABLE[kind], why=why) from error


def forward(
    call: Call, group: LogGroup, subscription: SubscriptionFilter, stream: str, events: Sequence[tuple[int, int, str]]
) -> None:
    """Have matching events sent; what they are is fixed now. What no record holds goes in several."""
    packed = payload(group, stream, [subscription.name], events)
    if len(packed) > _RECORD_BYTES_MAX and len(events) > 1:
        half = len(events) // 2
        forward(call, group, subscription, stream, events[:half])
        forward(call, group, subscription, stream, events[half:])
        return
    data = b64encode(packed).decode()
    forwarded = call.state(LogsState).forwarded
    at_ms, count = forwarded.get(group.name, (0, 0))
    count = count + 1 if at_ms == call.now else 1
    forwarded[group.name] = call.now, count
    call.later(
        call.now if count <= AT_ONCE_MAX else call.now + LATENCY_MS,
        "logs.forward",
        group=group.name,
        name=subscription.name,
        stream=stream,
        data=data,
        events=len(events),
        since_ms=call.now,
    )


async def deliver(
    call: Call, group: LogGroup, subscription: SubscriptionFilter, stream: str, data: str, events: int, since_ms: int
) -> None:
    """Deliver a payload, or try again later, or give it up after a day."""
    blob = b64decode(data)
    kind = kind_of(subscription.destination)
    about = {"filter": subscription.name, "destination": kind, "events": events, "bytes": len(blob)}
    try:
        await _sent(call, group, subscription, stream, blob)
    except AwsError as error:
        throttled = error.code in _TRANSIENT or not error.senders_fault
        call.happened(
            "logs.DeliveryThrottled" if throttled else "logs.DeliveryFailed", group.arn, **about, error=error.code
        )
        if throttled and call.now - since_ms < GIVEN_UP_MS:
            call.later(
                call.now + RETRY_MS,
                "logs.forward",
                group=group.name,
                name=subscription.name,
                stream=stream,
                data=data,
                events=events,
                since_ms=since_ms,
            )
            return
        why = Why(
            "dropped",
            f"{events} log events of {group.arn} did not reach {subscription.destination}.",
            (call.fact(group.arn, "subscriptionFilter", subscription.name),),
            because=(error.why,),
        )
        call.explain("Forward", group.arn, why, error.code)
        return
    call.happened("logs.Forwarded", group.arn, **about)


async def _sent(
    call: Call, group: LogGroup, subscription: SubscriptionFilter, stream: str, data: bytes, *, is_test: bool = False
) -> None:
    arn, role, source = subscription.destination, subscription.role, f"{group.arn}:*"
    kind = kind_of(arn)
    if kind == "logs":
        destination = logical(call, arn)
        if destination is None:
            raise refusals.not_found("destination", arn)
        arn, role, kind = destination.target, destination.role, kind_of(destination.target)
    if kind == "lambda":
        own = call.acting_as(roles.PRINCIPAL, source_arn=source)
        body = dumps({"awslogs": {"data": b64encode(data).decode()}})
        how = "DryRun" if is_test else "Event"
        await roles.done(own.lambda_.invoke({"FunctionName": arn, "InvocationType": how, "Payload": body}))
        return
    principal = await roles.assumed(call, role, "CWLogsSubscription", source)
    ports = call.acting_as(principal, account=arn.split(":")[4])
    if kind == "kinesis":
        key = stream if subscription.distribution == "ByLogStream" and stream else call.world.ids.hex(32)
        await roles.done(ports.kinesis.put_record({"StreamARN": arn, "Data": data, "PartitionKey": key}))
    else:
        name = arn.rpartition("/")[2]
        await roles.done(ports.firehose.put_record({"DeliveryStreamName": name, "Record": {"Data": data}}))
