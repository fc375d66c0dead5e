"""What SNS does later: deliveries, retries, replays, and forgetting what nobody confirmed."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any

from foulweather.kernel import tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.sns import archives, deliveries, outcomes, posting
from foulweather.services.sns.queueing import PRINCIPAL
from foulweather.services.sns.scheduling import guard, look_later
from foulweather.services.sns.state import Delivery, SnsState
from foulweather.services.sns.tracing import send


async def deliver(call: Call, delivery: str) -> None:
    """Make the next attempt of a delivery."""
    state = call.state(SnsState)
    found = state.deliveries.get(delivery)
    if found is None:
        return
    if found.subscription_arn not in state.subscriptions or found.topic_arn not in state.topics:
        # The subscription or its topic was deleted meanwhile.
        state.deliveries.delete(delivery)
        return
    if found.protocol == "sqs":
        deliveries.attempt(call, state, found)
        return
    found.attempts += 1
    state.deliveries.touch(delivery)
    await _attempt(call, state, found)


async def look_after(call: Call, delivery: str) -> None:
    """Make a delivery anew that was under way when the process died."""
    state = call.state(SnsState)
    found = state.deliveries.get(delivery)
    if found is not None and delivery in state.redriving:
        look_later(call, found)
    elif found is not None and delivery in state.under_way:
        guard(call, state, found)
    else:
        await deliver(call, delivery)


async def _attempt(call: Call, state: SnsState, found: Delivery) -> None:
    if found.protocol in ("http", "https"):
        failure = await posting.post(call, state, found)
        call.reread_clock()
        if failure is None:
            outcomes.delivered(call, state, found)
        else:
            outcomes.failed(
                call, state, found, failure.why, is_final=not failure.is_retried, extra_ms=failure.waited_ms
            )
        return
    try:
        answer = _invoked(call, found)
        if inspect.isawaitable(answer):
            await answer
    except AwsError as error:
        call.reread_clock()
        outcomes.attempt_failed(call, state, found, error)
    else:
        call.reread_clock()
        outcomes.delivered(call, state, found)


def replay(call: Call, subscription: str) -> None:
    """Replay the next archived messages to a subscription."""
    state = call.state(SnsState)
    found = state.subscriptions.get(subscription)
    if found is not None and found.topic_arn in state.topics:
        archives.step(call, state, state.topics[found.topic_arn], found)


def forget_unconfirmed(call: Call, subscription: str) -> None:
    """Delete a subscription that was not confirmed.

    "After three days, Amazon SNS deletes the unconfirmed subscription automatically."
    https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html
    """
    state = call.state(SnsState)
    found = state.subscriptions.get(subscription)
    if found is None or found.is_confirmed:
        return
    state.remove(found)
    owners = call.state(SnsState, found.owner)
    if subscription in owners.elsewhere:
        owners.elsewhere.delete(subscription)
    call.changed("sns.SubscriptionDeleted", subscription)


def _invoked(call: Call, delivery: Delivery) -> Any:
    _, _, _, region, account, rest = delivery.endpoint.split(":", 5)
    if delivery.protocol == "firehose":
        raise not_implemented("firehose", "PutRecord")
    ports = call.acting_as(
        PRINCIPAL,
        source_arn=delivery.topic_arn,
        source_account=delivery.topic_account,
        account=account,
        region=region,
    )
    tracing.carry(call, tracing.read(delivery.trace_header), is_of_caller=False)
    return ports.lambda_.invoke(
        {
            "FunctionName": f"arn:aws:lambda:{region}:{account}:{rest}",
            "InvocationType": "Event",
            "Payload": posting.lambda_event(delivery),
        }
    )


async def trace(call: Call, topic: str, message: str, header: str) -> None:
    """Send a topic's segment to X-Ray."""
    await send(call, topic, message, header)


async def publish_event(call: Call, topic: str, source: str, text: str) -> None:
    """Publish an application event as SNS itself; a topic that does not let it in does not get it."""
    account = topic.split(":", 5)[4]
    ports = call.acting_as(PRINCIPAL, source_arn=source, source_account=call.account, account=account)
    with contextlib.suppress(AwsError):  # the refusal is on record with its call
        answer = ports.sns.publish({"TopicArn": topic, "Message": text, "Subject": "Amazon SNS application event"})
        if inspect.isawaitable(answer):
            await answer
