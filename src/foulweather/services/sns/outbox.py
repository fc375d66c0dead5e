"""E-mail, text messages and push notifications: nothing leaves the machine, everything is on record."""

from __future__ import annotations

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.sns import outcomes
from foulweather.services.sns.envelopes import Message, front
from foulweather.services.sns.state import Delivery, Sent, SnsState, Subscription, Topic

FROM = "no-reply@sns.amazonaws.com"
_EVENTS = {"email": "sns.EmailRecorded", "sms": "sns.SmsRecorded", "push": "sns.PushRecorded"}


def record(
    call: Call,
    state: SnsState,
    medium: str,
    to: str,
    text: str,
    *,
    subject: str = "",
    message_id: str = "",
    topic_arn: str = "",
) -> None:
    """Put on record what AWS would send."""
    state.record_sent(Sent(call.now, medium, to, subject, text, message_id, topic_arn))
    call.happened(_EVENTS[medium], topic_arn or to, to=to, subject=subject, text=text, message_id=message_id)


def send(call: Call, state: SnsState, topic: Topic, subscription: Subscription, message: Message) -> None:
    """Deliver a notification to an e-mail address, a phone or a device."""
    protocol, to = subscription.protocol, subscription.endpoint
    delivery = Delivery(
        "Notification",
        subscription.arn,
        topic.arn,
        topic.account,
        message.id,
        protocol,
        to,
        message.text_for(protocol),
        message.at_ms,
        attempts=1,
    )
    why = None
    if protocol == "email":
        text = f"{delivery.body}\n\n--\n{_unsubscribe_words(call, subscription)}"
        subject = message.subject or "AWS Notification Message"
        record(call, state, "email", to, text, subject=subject, message_id=message.id, topic_arn=topic.arn)
    elif protocol == "email-json":
        text = message.envelope(call, topic, subscription)
        subject = message.subject or "AWS Notification Message"
        record(call, state, "email", to, text, subject=subject, message_id=message.id, topic_arn=topic.arn)
    elif protocol == "sms":
        delivery.body = sms_text(topic, delivery.body)
        why = text_phone(call, state, to, delivery.body, message.id, topic.arn)
    else:
        why = push(call, state, to, message, topic.arn)
    if why is None:
        outcomes.delivered(call, state, delivery)
    else:
        outcomes.give_up(call, state, delivery, why)


def text_phone(call: Call, state: SnsState, number: str, text: str, message_id: str, topic_arn: str = "") -> Why | None:
    """Send a text message; in the SMS sandbox, only to verified numbers; never to one that opted out.

    https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox.html
    """
    phone = state.phones.get(number)
    if phone is not None and phone.is_opted_out:
        return Why(
            "refused",
            f"{number} has opted out of receiving text messages.",
            (Fact(number, "isOptedOut", True),),
            (f"aws sns opt-in-phone-number --phone-number {number}",),
        )
    if phone is None or phone.status != "Verified":
        return Why(
            "refused",
            f"The account is in the SMS sandbox, and {number} is not among its verified destination numbers.",
            (
                Fact("SMS sandbox", "IsInSandbox", True),
                Fact(number, "Status", phone.status if phone is not None and phone.status else None),
            ),
            (f"aws sns create-sms-sandbox-phone-number --phone-number {number}",),
        )
    record(call, state, "sms", number, text, message_id=message_id, topic_arn=topic_arn)
    return None


def sms_text(topic: Topic, text: str) -> str:
    """A topic's text messages begin with its display name."""
    name = topic.attributes.get("DisplayName")
    return f"{name}> {text}" if name else text


def push(call: Call, state: SnsState, endpoint_arn: str, message: Message, topic_arn: str = "") -> Why | None:
    """Send a push notification to a device."""
    endpoint = state.endpoints.get(endpoint_arn)
    if endpoint is None:
        return Why("refused", f"The platform endpoint {endpoint_arn} does not exist.", ())
    if endpoint.attributes.get("Enabled", "true") != "true":
        return Why(
            "refused",
            f"The platform endpoint {endpoint_arn} is disabled.",
            (call.fact(endpoint_arn, "Enabled", "false"),),
            (f"aws sns set-endpoint-attributes --endpoint-arn {endpoint_arn} --attributes Enabled=true",),
        )
    application = state.applications[endpoint.application_arn]
    texts = message.own_texts or {}
    text = texts.get(application.platform, texts.get("default", message.text))
    payload = text if application.platform in texts else msgspec.json.encode({"default": text}).decode()
    record(call, state, "push", endpoint.token, payload, message_id=message.id, topic_arn=topic_arn or endpoint_arn)
    return None


def confirmation_mail(call: Call, topic: Topic, subscribe_url: str) -> str:
    """The text of the e-mail that asks for a subscription's confirmation."""
    return (
        f"You have chosen to subscribe to the topic:\n{topic.arn}\n\n"
        "To confirm this subscription, click or visit the link below "
        f"(If this was in error no action is necessary):\n{subscribe_url}\n"
    )


def _unsubscribe_words(call: Call, subscription: Subscription) -> str:
    return (
        "If you wish to stop receiving notifications from this topic, please click or visit the link below to "
        f"unsubscribe:\n{front(call)}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}"
    )
