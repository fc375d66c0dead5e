"""Asking an endpoint's owner to confirm a subscription, or to restore one.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-subscription-confirmation-json
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.sns import deliveries, outbox
from foulweather.services.sns.envelopes import confirmation, subscribe_url
from foulweather.services.sns.limits import TOKEN_MS
from foulweather.services.sns.state import Delivery, SnsState, Subscription, Topic

SUBSCRIPTION, UNSUBSCRIPTION = "SubscriptionConfirmation", "UnsubscribeConfirmation"
TOKEN_DIGITS = 256


def ask(call: Call, state: SnsState, topic: Topic, subscription: Subscription) -> None:
    """Send a fresh token to the endpoint."""
    renew(call, subscription)
    words = (
        f"You have chosen to subscribe to the topic {topic.arn}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    _send(call, state, topic, subscription, SUBSCRIPTION, words)


def renew(call: Call, subscription: Subscription) -> None:
    """Give a subscription a fresh token, good for two days."""
    subscription.token = call.world.ids.hex(TOKEN_DIGITS)
    subscription.token_until_ms = call.now + TOKEN_MS


def say_goodbye(call: Call, state: SnsState, topic: Topic, subscription: Subscription) -> None:
    """Tell an endpoint that it is unsubscribed, with a token that restores the subscription."""
    words = (
        f"You have chosen to deactivate subscription {subscription.arn}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
    )
    _send(call, state, topic, subscription, UNSUBSCRIPTION, words)


def _send(call: Call, state: SnsState, topic: Topic, subscription: Subscription, kind: str, words: str) -> None:
    protocol, endpoint = subscription.protocol, subscription.endpoint
    message_id = call.world.ids.uuid()
    url = subscribe_url(call, topic.arn, subscription.token)
    if protocol == "email":
        display = topic.attributes.get("DisplayName") or "AWS Notification"
        text = outbox.confirmation_mail(call, topic, url) if kind == SUBSCRIPTION else f"{words}\n{url}\n"
        subject = f"{display} - Subscription Confirmation"
        outbox.record(call, state, "email", endpoint, text, subject=subject, message_id=message_id, topic_arn=topic.arn)
        return
    body = confirmation(call, topic, kind, message_id, words, subscription.token, url)
    if protocol == "email-json":
        subject = "AWS Notification - Subscription Confirmation"
        outbox.record(call, state, "email", endpoint, body, subject=subject, message_id=message_id, topic_arn=topic.arn)
        return
    delivery = Delivery(
        kind,
        subscription.arn,
        topic.arn,
        topic.account,
        message_id,
        protocol,
        endpoint,
        body,
        call.now,
    )
    if protocol == "sqs":
        deliveries.attempt(call, state, delivery)
    else:
        deliveries.put_off(call, state, delivery)
