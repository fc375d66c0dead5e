"""The attributes of a topic: what may be set to what, and how they are shown.

https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.sns.arns import parsed
from foulweather.services.sns.delivery_policies import (
    DeliveryPolicySyntax,
    checked_topic_policy,
    effective_topic_policy,
)
from foulweather.services.sns.envelopes import timestamp
from foulweather.services.sns.limits import POLICY_BYTES_MAX, invalid_parameter
from foulweather.services.sns.state import SnsState, Topic

DAY_MS = 24 * 3_600_000
ACTIONS = (
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
)
# What a topic's policy may speak of: sns-access-policy-language-api-permissions-reference.html.
POLICY_ACTIONS = frozenset(
    action.lower()
    for action in (
        *ACTIONS,
        "SNS:GetDataProtectionPolicy",
        "SNS:PutDataProtectionPolicy",
        "SNS:Receive",
        "SNS:ListTagsForResource",
        "SNS:TagResource",
        "SNS:UntagResource",
        "SNS:Unsubscribe",
        "SNS:ConfirmSubscription",
        "SNS:*",
    )
)
_FEEDBACK = re.compile(
    r"(HTTP|Firehose|Lambda|Application|SQS)(SuccessFeedbackRoleArn|FailureFeedbackRoleArn|SuccessFeedbackSampleRate)"
)
_PLAIN = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "DeliveryPolicy", "Policy")
_FIFO_ONLY = ("ContentBasedDeduplication", "ArchivePolicy", "FifoThroughputScope")


def default_policy(arn: str, account: str) -> str:
    """The policy of a new topic: its owner, and the services that act for its owner."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(ACTIONS),
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    return msgspec.json.encode(
        {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    ).decode()


def is_known(name: str) -> bool:
    """Whether a topic has an attribute of that name that can be set."""
    return name in _PLAIN or name in _FIFO_ONLY or _FEEDBACK.fullmatch(name) is not None


def checked(name: str, value: str, is_fifo: bool, prefix: str = "") -> str:
    """An attribute's value as it is kept; `prefix` opens CreateTopic's refusals (`Attributes Reason: `)."""
    if name == "Policy":
        return checked_policy(value, prefix)
    if name in _FIFO_ONLY and not is_fifo:
        raise invalid_parameter(f"{prefix}{name}: {name} is only supported for FIFO topics")
    if name == "DisplayName" and len(value) > 100:
        raise invalid_parameter(f"{prefix}DisplayName Reason: must be at most 100 characters long")
    if name == "DeliveryPolicy" and value:
        try:
            checked_topic_policy(value)
        except DeliveryPolicySyntax as error:
            raise invalid_parameter(f"{prefix}{error}") from None
    if name == "SignatureVersion" and value not in ("1", "2"):
        raise invalid_parameter(f"{prefix}SignatureVersion: Invalid value [{value}]. Please use either 1 or 2")
    if name == "TracingConfig":
        if value not in ("PassThrough", "Active"):
            raise invalid_parameter(
                f"{prefix}TracingConfig: Invalid value [{value}]. Please use either Active or PassThrough"
            )
        if value == "Active" and is_fifo:
            raise invalid_parameter(f"{prefix}TracingConfig: Active tracing is not supported for FIFO topics")
    if name == "ContentBasedDeduplication" and value not in ("true", "false"):
        raise invalid_parameter(f"{prefix}ContentBasedDeduplication: Invalid value [{value}]. Must be true or false.")
    if name == "FifoThroughputScope" and value not in ("Topic", "MessageGroup"):
        raise invalid_parameter(
            f"{prefix}FifoThroughputScope: Invalid value [{value}]. Please use either Topic or MessageGroup"
        )
    if name == "ArchivePolicy" and value:
        archive_days(value, prefix)
    if _FEEDBACK.fullmatch(name):
        _checked_feedback(name, value, prefix)
    return value


def checked_policy(text: str, prefix: str = "") -> str:
    """A topic's policy: valid, of SNS's actions, and not too long."""
    if len(text.encode()) > POLICY_BYTES_MAX:
        raise invalid_parameter(f"{prefix}Policy is too long")
    try:
        policy = parse(text, "resource")
    except PolicySyntaxError:
        # SNS does not say what is wrong with a policy.
        raise invalid_parameter(f"{prefix}Policy Error: null") from None
    for statement in policy.statements:
        if any(action.lower() not in POLICY_ACTIONS and "*" not in action for action in statement.actions.written):
            raise invalid_parameter(f"{prefix}Policy statement action out of service scope!")
    return text


def archive_days(text: str, prefix: str = "") -> int:
    """The days that a FIFO topic keeps its messages: 1 to 365."""
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise invalid_parameter(f"{prefix}ArchivePolicy: failed to parse JSON.") from None
    if document == {}:
        return 0
    days: Any = cast("dict[str, Any]", document).get("MessageRetentionPeriod") if isinstance(document, dict) else None
    if isinstance(days, str) and days.isdecimal():
        days = int(days)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 365:
        raise invalid_parameter(f"{prefix}ArchivePolicy: MessageRetentionPeriod must be between 1 and 365 days")
    return days


def shown(topic: Topic, state: SnsState, now_ms: int) -> dict[str, str]:
    """A topic's attributes as GetTopicAttributes gives them."""
    subscriptions = state.subscribed(topic.arn).values()
    confirmed = sum(1 for subscription in subscriptions if subscription.is_confirmed)
    attributes: dict[str, str] = {
        "Policy": topic.policy,
        "Owner": topic.account,
        "SubscriptionsPending": str(len(subscriptions) - confirmed),
        "TopicArn": topic.arn,
        "EffectiveDeliveryPolicy": effective_topic_policy(topic),
        "SubscriptionsConfirmed": str(confirmed),
        "DisplayName": "",
        "SubscriptionsDeleted": str(topic.subscriptions_deleted),
    }
    if topic.is_fifo:
        attributes["FifoTopic"] = "true"
        attributes["ContentBasedDeduplication"] = "false"
    attributes.update(topic.attributes)
    days = kept_days(topic)
    if days:
        attributes["BeginningArchiveTime"] = timestamp(max(topic.archive_since_ms, now_ms - days * DAY_MS))
    return attributes


def kept_days(topic: Topic) -> int:
    """How long a topic keeps its messages for replay (0: not at all)."""
    text = topic.attributes.get("ArchivePolicy")
    return archive_days(text) if text else 0


def _checked_feedback(name: str, value: str, prefix: str) -> None:
    if name.endswith("SampleRate"):
        if not value.isdecimal() or int(value) > 100:
            raise invalid_parameter(f"{prefix}{name}: Invalid value [{value}]. Must be between 0 and 100")
    elif value:
        role = parsed(value)
        if role is None or role.service != "iam" or not role.rest.startswith("role/"):
            raise invalid_parameter(f"{prefix}{name}: Invalid value [{value}]. Must be an IAM role ARN")


def differing(topic: Topic, wanted: Mapping[str, str]) -> bool:
    """Whether CreateTopic of an existing topic asks for attributes that it does not have."""
    for name, value in wanted.items():
        if name == "FifoTopic":
            held = "true" if topic.is_fifo else "false"
        elif name == "Policy":
            held = topic.policy
        else:
            held = topic.attributes.get(name)
        if held != value:
            return True
    return False
