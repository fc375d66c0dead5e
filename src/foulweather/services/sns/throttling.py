"""The pace of a subscription's HTTP deliveries: `maxReceivesPerSecond` of its delivery policy."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.sns import delivery_policies
from foulweather.services.sns.state import Delivery, SnsState


def next_ms(call: Call, state: SnsState, delivery: Delivery) -> int:
    """When a delivery may go out; it takes its turn."""
    subscription = state.subscriptions.get(delivery.subscription_arn)
    if subscription is None or delivery.protocol not in ("http", "https"):
        return call.now
    rate = delivery_policies.receives_per_second(state.topics.get(delivery.topic_arn), subscription)
    if not rate:
        return call.now
    when_ms = max(call.now, state.free_ms.get(subscription.arn, 0))
    state.free_ms[subscription.arn] = when_ms + -(-1000 // rate)
    return when_ms
