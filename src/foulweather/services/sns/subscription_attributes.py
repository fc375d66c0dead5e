"""The attributes of a subscription: what may be set to what, and how they are shown.

https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.sns import filters, replays
from foulweather.services.sns.arns import parsed
from foulweather.services.sns.delivery_policies import (
    DeliveryPolicySyntax,
    checked_subscription_policy,
    effective_subscription_policy,
)
from foulweather.services.sns.filter_grammar import FilterSyntax
from foulweather.services.sns.limits import (
    FILTER_POLICIES_PER_ACCOUNT_MAX,
    FILTER_POLICIES_PER_TOPIC_MAX,
    invalid_parameter,
)
from foulweather.services.sns.state import SnsState, Subscription, Topic

RAW_PROTOCOLS = ("sqs", "http", "https", "firehose")
NAMES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
)


def checked(topic: Topic, protocol: str, owner: str, given: dict[str, str], prefix: str = "") -> None:
    """Refuse attribute values that SNS refuses; `prefix` opens Subscribe's words (`Attributes Reason: `)."""
    raw = given.get("RawMessageDelivery")
    if raw is not None:
        if raw.lower() not in ("true", "false"):
            raise invalid_parameter(f"{prefix}RawMessageDelivery: Invalid value [{raw}]. Must be true or false.")
        if raw.lower() == "true" and protocol not in RAW_PROTOCOLS:
            raise invalid_parameter(f"{prefix}Delivery protocol [{protocol}] does not support raw message delivery.")
    scope = given.get("FilterPolicyScope", filters.ATTRIBUTES)
    if scope not in (filters.ATTRIBUTES, filters.BODY):
        raise invalid_parameter(
            f"{prefix}FilterPolicyScope: Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"
        )
    if given.get("FilterPolicy"):
        try:
            filters.compiled(given["FilterPolicy"], scope)
        except FilterSyntax as error:
            raise invalid_parameter(f"{prefix}FilterPolicy: {error}") from None
    if given.get("DeliveryPolicy"):
        if protocol not in ("http", "https"):
            raise invalid_parameter(
                f"{prefix}DeliveryPolicy: Delivery protocol [{protocol}] does not support a delivery policy."
            )
        try:
            checked_subscription_policy(given["DeliveryPolicy"])
        except DeliveryPolicySyntax as error:
            raise invalid_parameter(f"{prefix}{error}") from None
    if given.get("RedrivePolicy"):
        _checked_redrive(topic, owner, given["RedrivePolicy"], prefix)
    if given.get("ReplayPolicy"):
        replays.checked_replay(topic, given["ReplayPolicy"], prefix)
    role = given.get("SubscriptionRoleArn")
    if role is not None:
        arn = parsed(role)
        if arn is None or arn.service != "iam" or not arn.rest.startswith("role/"):
            raise invalid_parameter(f"{prefix}SubscriptionRoleArn: Invalid value [{role}]. Must be an IAM role ARN")


def refuse_many_filters(call: Call, state: SnsState, topic: Topic) -> None:
    """200 filter policies a topic, 10,000 an account."""
    on_topic = sum(1 for one in state.subscribed(topic.arn).values() if one.attributes.get("FilterPolicy"))
    if on_topic < FILTER_POLICIES_PER_TOPIC_MAX and len(state.subscriptions) < FILTER_POLICIES_PER_ACCOUNT_MAX:
        return
    in_account = sum(1 for one in state.subscriptions.values() if one.attributes.get("FilterPolicy"))
    if on_topic >= FILTER_POLICIES_PER_TOPIC_MAX or in_account >= FILTER_POLICIES_PER_ACCOUNT_MAX:
        raise AwsError("FilterPolicyLimitExceededException", "Filter policy limit exceeded", 403)


def shown(topic: Topic | None, subscription: Subscription) -> dict[str, str]:
    """A subscription's attributes as GetSubscriptionAttributes gives them."""
    held = subscription.attributes
    attributes = {
        "SubscriptionArn": subscription.arn,
        "TopicArn": subscription.topic_arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "ConfirmationWasAuthenticated": "true" if subscription.was_authenticated else "false",
        "PendingConfirmation": "false" if subscription.is_confirmed else "true",
        "RawMessageDelivery": "true" if subscription.is_raw else "false",
        "SubscriptionPrincipal": subscription.principal,
    }
    if subscription.protocol in ("http", "https"):
        attributes["EffectiveDeliveryPolicy"] = effective_subscription_policy(topic, subscription)
    attributes |= {name: value for name, value in held.items() if name != "RawMessageDelivery"}
    if held.get("FilterPolicy"):
        attributes.setdefault("FilterPolicyScope", filters.ATTRIBUTES)
    else:
        attributes.pop("FilterPolicyScope", None)
    if subscription.replay_status:
        attributes["ReplayStatus"] = subscription.replay_status
    return attributes


def _checked_redrive(topic: Topic, owner: str, text: str, prefix: str) -> None:
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise invalid_parameter(f"{prefix}RedrivePolicy: failed to parse JSON.") from None
    members = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    for member in members:
        # What people copy from an SQS redrive policy: maxReceiveCount.
        if member != "deadLetterTargetArn":
            raise invalid_parameter(f"{prefix}RedrivePolicy: invalid JSON. Attribute {member} is unknown.")
    target = members.get("deadLetterTargetArn")
    queue = parsed(target) if isinstance(target, str) else None
    if queue is None or queue.service != "sqs" or not queue.rest:
        raise invalid_parameter(f"{prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    region = topic.arn.split(":", 4)[3]
    # "The Amazon SNS subscription and Amazon SQS queue must be under the same AWS account and Region."
    if queue.account != owner or queue.region != region:
        raise invalid_parameter(
            f"{prefix}RedrivePolicy: deadLetterTargetArn must be in the same account and region as the subscription"
        )
    if topic.is_fifo != queue.rest.endswith(".fifo") and topic.is_fifo:
        raise invalid_parameter(f"{prefix}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic")
    if not topic.is_fifo and queue.rest.endswith(".fifo"):
        raise invalid_parameter(f"{prefix}RedrivePolicy: must use a standard queue as DLQ for a standard topic")
