"""Consumers with throughput of their own: registered, listed, taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import iterators, limits, refusals, tagging
from foulweather.services.kinesis.live import LiveConsumer
from foulweather.services.kinesis.naming import consumer_of
from foulweather.services.kinesis.records import Consumer
from foulweather.services.kinesis.state import located, usable

Request = Mapping[str, Any]


def register_stream_consumer(call: Call, request: Request) -> dict[str, Any]:
    """Register a consumer; it can subscribe when it is ACTIVE."""
    state, live = located(call, request)
    stream = usable(call, live)
    tags = tagging.checked(request.get("Tags", {}), {})
    name = request["ConsumerName"]
    consumers = state.consumers_of(stream.name)
    if any(each.name == name for each in consumers):
        raise AwsError(
            "ResourceInUseException",
            f"Consumer {name} under stream {stream.arn} already exists for account {stream.account}.",
            facts=(Fact(stream.arn, "consumers", [each.name for each in consumers]),),
        )
    creating = [each.name for each in consumers if each.status == "CREATING"]
    if len(consumers) >= limits.CONSUMERS_MAX:
        raise refusals.over_limit(
            f"Stream {stream.name} under account {stream.account} has the maximum of {limits.CONSUMERS_MAX} registered "
            "consumers.",
            Fact(stream.arn, "consumers", len(consumers)),
        )
    if len(creating) >= limits.CONSUMERS_CREATING_MAX:
        raise refusals.over_limit(
            f"At most {limits.CONSUMERS_CREATING_MAX} consumers can be in the CREATING status at the same time.",
            Fact(stream.arn, "consumers in CREATING", creating),
        )
    consumer = Consumer(name, stream.name, stream.arn, call.now, tags=tags)
    state.consumers.put(consumer.arn, consumer)
    state.known[consumer.arn] = LiveConsumer(consumer)
    call.changed("kinesis.ConsumerRegistered", consumer.arn, ConsumerStatus="CREATING", Tags=tags)
    call.later(call.now + limits.CONSUMER_MS, "kinesis.settle_consumer", arn=consumer.arn)
    return {"Consumer": _shown(consumer)}


def deregister_stream_consumer(call: Call, request: Request) -> None:
    """Take a consumer away; its subscriptions end."""
    state, known = consumer_of(call, request)
    consumer = known.consumer
    if consumer.status == "DELETING":
        return
    consumer.status = "DELETING"
    state.consumers.touch(consumer.arn)
    call.changed("kinesis.ConsumerDeregistered", consumer.arn, ConsumerStatus="DELETING")
    call.later(call.now + limits.CONSUMER_MS, "kinesis.settle_consumer", arn=consumer.arn)


def describe_stream_consumer(call: Call, request: Request) -> dict[str, Any]:
    """A consumer."""
    _, known = consumer_of(call, request)
    consumer = known.consumer
    return {"ConsumerDescription": {**_shown(consumer), "StreamARN": consumer.stream_arn}}


def list_stream_consumers(call: Call, request: Request) -> dict[str, Any]:
    """A page of a stream's consumers."""
    state, live = located(call, request)
    created_ms = request.get("StreamCreationTimestamp")
    if created_ms is not None and created_ms // 1000 != live.stream.created_ms // 1000:
        raise refusals.no_stream(live.stream.account, live.stream.region, live.stream.name)
    rows = sorted(state.consumers_of(live.stream.name), key=_by_name)
    token = request.get("NextToken")
    if token is not None:
        stream_id, after = iterators.opened_token(token, call.now, 2)
        if stream_id != live.stream.id:
            raise refusals.invalid("NextToken is invalid.", Fact("request", "NextToken", token))
        rows = [each for each in rows if each.name > after]
    limit: int = min(request.get("MaxResults", limits.LISTED_CONSUMERS), limits.LISTED_CONSUMERS)
    told: dict[str, Any] = {"Consumers": [_shown(each) for each in rows[:limit]]}
    if len(rows) > limit:
        told["NextToken"] = iterators.written_token(call.now, live.stream.id, rows[limit - 1].name)
    return told


def _shown(consumer: Consumer) -> dict[str, Any]:
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": consumer.arn,
        "ConsumerStatus": consumer.status,
        "ConsumerCreationTimestamp": consumer.created_ms,
    }


def _by_name(consumer: Consumer) -> str:
    return consumer.name
