"""From a published message to its endpoints: who gets it, how, and what becomes of a failure.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.sns import filtering, limits, outbox, outcomes, replays, throttling
from foulweather.services.sns.envelopes import Message
from foulweather.services.sns.queueing import send_to_queue
from foulweather.services.sns.scheduling import guard, later, release
from foulweather.services.sns.state import Delivery, SnsState, Subscription, Topic


def fan_out(call: Call, state: SnsState, topic: Topic, message: Message) -> None:
    """Deliver a message to every confirmed subscription that accepts it."""
    accepted = rejected = 0
    for subscription in list(state.subscribed(topic.arn).values()):
        if subscription.is_confirmed and (not subscription.replay_status or replays.follows_new(subscription)):
            if offer(call, state, topic, subscription, message):
                accepted += 1
            else:
                rejected += 1
    if rejected and not accepted:
        filtering.keep_on_record(call)


def offer(call: Call, state: SnsState, topic: Topic, subscription: Subscription, message: Message) -> bool:
    """Deliver a message to one subscription if its filter policy accepts it; whether it does."""
    wanted = state.filter_of(subscription)
    if wanted is not None and not filtering.passes(call, topic, subscription, wanted, message):
        return False
    protocol = subscription.protocol
    if protocol == "sqs":
        delivery = _to_queue(call, topic, subscription, message)
        if delivery is not None:
            attempt(call, state, delivery)
    elif protocol in ("http", "https", "lambda", "firehose"):
        put_off(call, state, _prepared(call, topic, subscription, message))
    else:
        outbox.send(call, state, topic, subscription, message)
    return True


def put_off(call: Call, state: SnsState, delivery: Delivery) -> None:
    """Put a delivery that waits for an answer on the agenda, at once or as fast as its endpoint takes them."""
    state.hold(delivery, call.world.ids)
    when_ms = throttling.next_ms(call, state, delivery)
    later(call, when_ms, delivery.topic_arn, "sns.deliver", delivery=delivery.id)


def attempt(call: Call, state: SnsState, delivery: Delivery) -> None:
    """Send to a queue now, and see to what comes of it."""
    delivery.attempts += 1
    try:
        sending = send_to_queue(call, delivery, delivery.endpoint)
    except AwsError as error:
        outcomes.attempt_failed(call, state, delivery, error)
        return
    if type(sending) is dict or not inspect.isawaitable(sending):
        outcomes.delivered(call, state, delivery)
        return
    # A fault holds the queue up; the publisher does not wait for that.
    call.world.started()
    state.hold(delivery, call.world.ids)
    guard(call, state, delivery)
    task = asyncio.ensure_future(_settle(call, state, delivery, sending))
    state.running.add(task)
    task.add_done_callback(state.running.discard)


async def _settle(call: Call, state: SnsState, delivery: Delivery, sending: Awaitable[Any]) -> None:
    # From here on the waiting call itself is in flight, but for the time that it is parked.
    call.world.ended()
    try:
        await sending
    except AwsError as error:
        call.reread_clock()
        outcomes.attempt_failed(call, state, delivery, error)
    else:
        call.reread_clock()
        outcomes.delivered(call, state, delivery)
    release(call, state, delivery)


def _to_queue(call: Call, topic: Topic, subscription: Subscription, message: Message) -> Delivery | None:
    delivery = _prepared(call, topic, subscription, message)
    if delivery.is_raw and len(delivery.attributes) > limits.RAW_ATTRIBUTES_MAX:
        # "For SQS subscriptions, a maximum of 10 message attributes can be sent when Raw Message Delivery
        # is enabled": SNS discards the message as a client-side error.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
        outcomes.give_up(
            call,
            call.state(SnsState, topic.account),
            delivery,
            Why(
                "refused",
                f"The message has {len(delivery.attributes)} attributes; with raw message delivery a queue takes "
                f"{limits.RAW_ATTRIBUTES_MAX}.",
                (
                    call.fact(subscription.arn, "RawMessageDelivery", "true"),
                    Fact(message.id, "MessageAttributes", len(delivery.attributes)),
                ),
                (
                    f"aws sns set-subscription-attributes --subscription-arn {subscription.arn} "
                    "--attribute-name RawMessageDelivery --attribute-value false",
                ),
            ),
        )
        return None
    return delivery


def _prepared(call: Call, topic: Topic, subscription: Subscription, message: Message) -> Delivery:
    is_raw = subscription.is_raw
    body = message.text_for(subscription.protocol) if is_raw else message.envelope(call, topic, subscription)
    return Delivery(
        "Notification",
        subscription.arn,
        topic.arn,
        topic.account,
        message.id,
        subscription.protocol,
        subscription.endpoint,
        body,
        message.at_ms,
        is_raw,
        message.attributes,
        message.group,
        message.deduplication,
        trace_header=message.trace_header,
    )
