"""What becomes of a delivery: it arrived, gets another attempt, is in the dead-letter queue, or is lost.

https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.sns import delivery_policies
from foulweather.services.sns.envelopes import timestamp
from foulweather.services.sns.queueing import send_to_queue
from foulweather.services.sns.scheduling import later, look_later
from foulweather.services.sns.state import Delivery, SnsState

THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestThrottled", "TooManyRequestsException"})
_FEEDBACK = {
    "http": "HTTP",
    "https": "HTTP",
    "sqs": "SQS",
    "lambda": "Lambda",
    "firehose": "Firehose",
    "application": "Application",
}


def delivered(call: Call, state: SnsState, delivery: Delivery) -> None:
    """Write down that a delivery has arrived."""
    if delivery.id and delivery.id in state.deliveries:
        state.deliveries.delete(delivery.id)
    call.happened(
        "sns.NotificationDelivered",
        delivery.topic_arn,
        subscription=delivery.subscription_arn,
        protocol=delivery.protocol,
        endpoint=delivery.endpoint,
        message_id=delivery.message_id,
        attempts=delivery.attempts,
        dwell_ms=call.now - delivery.published_ms,
    )
    log_status(call, state, delivery, "SUCCESS", "")


def attempt_failed(call: Call, state: SnsState, delivery: Delivery, error: AwsError) -> None:
    """Try again after a server-side error; a client-side one is final.

    "Amazon SNS doesn't retry the message delivery that fails as a result of a client-side error."
    """
    is_final = (error.senders_fault and error.code not in THROTTLED) or error.code == "NotImplemented"
    failed(call, state, delivery, error.why, is_final=is_final)


def failed(call: Call, state: SnsState, delivery: Delivery, why: Why, *, is_final: bool, extra_ms: int = 0) -> None:
    """An attempt failed: put the next one on the agenda, or give up."""
    delay_ms = None if is_final else delivery_policies.retry_policy(state, delivery).delay_ms(delivery.attempts - 1)
    if delivery.protocol in ("http", "https"):
        # "For HTTP or HTTPS endpoints, the metric includes every failed delivery attempt."
        _note_failure(call, delivery, why)
    if delay_ms is None:
        give_up(call, state, delivery, why)
        return
    state.hold(delivery, call.world.ids)
    when_ms = call.now + extra_ms + delay_ms
    later(call, when_ms, delivery.topic_arn, "sns.deliver", delivery=delivery.id)
    call.happened(
        "sns.DeliveryRetryScheduled",
        delivery.topic_arn,
        subscription=delivery.subscription_arn,
        message_id=delivery.message_id,
        attempts=delivery.attempts,
        next_ms=when_ms,
    )


def give_up(call: Call, state: SnsState, delivery: Delivery, why: Why) -> None:
    """Move a message that cannot be delivered to its subscription's dead-letter queue, or discard it."""
    if delivery.id in state.deliveries:
        state.deliveries.delete(delivery.id)
    if delivery.protocol not in ("http", "https"):
        _note_failure(call, delivery, why)
    log_status(call, state, delivery, "FAILURE", why.cause)
    target = _dead_letter_queue(state, delivery)
    if not target:
        call.explain("Delivery", delivery.subscription_arn, _dropped(call, delivery, why))
        return
    try:
        sending = send_to_queue(call, delivery, target)
    except AwsError as error:
        _not_redriven(call, delivery, target, why, error.why)
        return
    if type(sending) is dict or not inspect.isawaitable(sending):
        _redriven(call, delivery, target, why)
        return
    # A fault holds the queue up: until it answers, the delivery is under way.
    call.world.started()
    state.hold(delivery, call.world.ids)
    state.redriving.add(delivery.id)
    look_later(call, delivery)
    task = asyncio.ensure_future(_settle(call, state, delivery, target, why, sending))
    state.running.add(task)
    task.add_done_callback(state.running.discard)


async def _settle(
    call: Call, state: SnsState, delivery: Delivery, target: str, why: Why, sending: Awaitable[Any]
) -> None:
    # From here on the waiting call itself is in flight, but for the time that it is parked.
    call.world.ended()
    try:
        await sending
    except AwsError as error:
        call.reread_clock()
        _not_redriven(call, delivery, target, why, error.why)
    else:
        call.reread_clock()
        _redriven(call, delivery, target, why)
    state.redriving.discard(delivery.id)
    if delivery.id in state.deliveries:
        state.deliveries.delete(delivery.id)


def _redriven(call: Call, delivery: Delivery, target: str, why: Why) -> None:
    call.happened(
        "sns.NotificationRedrivenToDlq",
        delivery.topic_arn,
        subscription=delivery.subscription_arn,
        message_id=delivery.message_id,
        queue=target,
    )
    call.explain(
        "Delivery",
        delivery.subscription_arn,
        Why(
            "failed",
            f"Message {delivery.message_id} could not be delivered to {delivery.endpoint}; it is in the "
            f"dead-letter queue {target}.",
            _facts(call, delivery),
            because=(why,),
        ),
    )


def log_status(call: Call, state: SnsState, delivery: Delivery, status: str, response: str) -> None:
    """Write the delivery status that the topic's feedback attributes ask to be logged.

    https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
    """
    topic = state.topics.get(delivery.topic_arn)
    feedback = _FEEDBACK.get(delivery.protocol)
    if topic is None or feedback is None or not (attributes := topic.attributes):
        return
    role = attributes.get(f"{feedback}{status.capitalize()}FeedbackRoleArn")
    if not role:
        return
    if status == "SUCCESS":
        percent = int(attributes.get(f"{feedback}SuccessFeedbackSampleRate") or "0")
        if call.world.random.randrange(100) >= percent:
            return
    _, _, _, region, account, name = topic.arn.split(":", 5)
    call.happened(
        "sns.DeliveryStatusLogged",
        topic.arn,
        log_group=f"sns/{region}/{account}/{name}" + ("/Failure" if status == "FAILURE" else ""),
        role=role,
        record={
            "notification": {
                "messageId": delivery.message_id,
                "topicArn": topic.arn,
                "timestamp": timestamp(delivery.published_ms).replace("T", " ").rstrip("Z"),
            },
            "delivery": {
                "destination": delivery.endpoint,
                "providerResponse": response,
                "dwellTimeMs": call.now - delivery.published_ms,
                "attempts": delivery.attempts,
            },
            "status": status,
        },
    )


def _note_failure(call: Call, delivery: Delivery, why: Why) -> None:
    call.happened(
        "sns.NotificationFailed",
        delivery.topic_arn,
        subscription=delivery.subscription_arn,
        protocol=delivery.protocol,
        endpoint=delivery.endpoint,
        message_id=delivery.message_id,
        attempts=delivery.attempts,
        cause=why.cause,
    )


def _dropped(call: Call, delivery: Delivery, why: Why) -> Why:
    arn = delivery.subscription_arn
    tries = "1 attempt" if delivery.attempts <= 1 else f"{delivery.attempts} attempts"
    return Why(
        "dropped",
        f"Message {delivery.message_id} was not delivered to {delivery.endpoint} after {tries}, and the subscription "
        "has no dead-letter queue: it is lost.",
        (*_facts(call, delivery), Fact(arn, "RedrivePolicy", None)),
        (
            f"aws sns set-subscription-attributes --subscription-arn {arn} --attribute-name RedrivePolicy "
            '--attribute-value \'{"deadLetterTargetArn":"QUEUE_ARN"}\'',
        ),
        (why,),
    )


def _not_redriven(call: Call, delivery: Delivery, target: str, why: Why, because: Why) -> None:
    call.happened(
        "sns.NotificationFailedToRedriveToDlq",
        delivery.topic_arn,
        subscription=delivery.subscription_arn,
        message_id=delivery.message_id,
        queue=target,
    )
    redrive = Why("dropped", f"SNS could not send it to the dead-letter queue {target} either.", because=(because,))
    call.explain(
        "Delivery",
        delivery.subscription_arn,
        Why(
            "dropped",
            f"Message {delivery.message_id} was not delivered to {delivery.endpoint}, nor to the dead-letter queue: "
            "it is lost.",
            _facts(call, delivery),
            because=(why, redrive),
        ),
    )


def _facts(call: Call, delivery: Delivery) -> tuple[Fact, ...]:
    arn = delivery.subscription_arn
    return (
        call.fact(arn, "Protocol", delivery.protocol),
        call.fact(arn, "Endpoint", delivery.endpoint),
        Fact(delivery.message_id, "attempts", delivery.attempts),
    )


def _dead_letter_queue(state: SnsState, delivery: Delivery) -> str:
    subscription = state.subscriptions.get(delivery.subscription_arn)
    text = subscription.attributes.get("RedrivePolicy") if subscription is not None else None
    if not text or delivery.kind != "Notification":
        return ""
    policy = cast("dict[str, Any]", msgspec.json.decode(text))
    return str(policy.get("deadLetterTargetArn", ""))
