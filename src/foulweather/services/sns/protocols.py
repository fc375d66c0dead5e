"""The endpoints that each protocol takes, and who must confirm them.

https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from __future__ import annotations

import re

from foulweather.services.sns.arns import Arn, parsed
from foulweather.services.sns.limits import invalid_parameter
from foulweather.services.sns.state import SnsState, Topic

PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[1-9][0-9][0-9 ().-]{5,18}")
_NOT_DIGITS = re.compile(r"[^0-9+]")


def checked_protocol(topic: Topic, protocol: str) -> str:
    """A protocol that SNS has, and that the topic may use."""
    if protocol not in PROTOCOLS:
        raise invalid_parameter(f"Amazon SNS does not support this protocol string: {protocol}")
    # "SNS FIFO topics can't deliver messages to customer managed endpoints."
    # https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html
    if topic.is_fifo and protocol != "sqs":
        raise invalid_parameter(f"Invalid protocol type: {protocol}")
    return protocol


def checked_endpoint(state: SnsState, topic: Topic, protocol: str, endpoint: str) -> str:
    """An endpoint as its protocol wants it."""
    if protocol in ("http", "https"):
        if not endpoint.startswith(f"{protocol}://"):
            raise invalid_parameter("Endpoint must match the specified protocol")
    elif protocol in ("email", "email-json"):
        if not _EMAIL.fullmatch(endpoint):
            raise invalid_parameter("Email address")
    elif protocol == "sms":
        if not is_phone(endpoint):
            raise invalid_parameter(f"Invalid SMS endpoint: {endpoint}")
        return phone(endpoint)
    elif protocol == "application":
        return _checked_application(state, endpoint)
    else:
        _checked_aws(topic, protocol, endpoint)
    return endpoint


def is_confirmed_at_once(protocol: str, endpoint: str, account: str) -> bool:
    """Whether a subscription needs no confirmation: the endpoint is the caller's own, a phone or a device.

    "If the endpoint type is HTTP/S or email, or if the endpoint and the topic are not in the same AWS
    account, the endpoint owner must run the ConfirmSubscription action."
    """
    if protocol in ("http", "https", "email", "email-json"):
        return False
    if protocol in ("sms", "application"):
        return True
    arn = parsed(endpoint)
    return arn is not None and arn.account == account


def is_phone(text: str) -> bool:
    """Whether a text is a phone number."""
    return _PHONE.fullmatch(text) is not None


def phone(text: str) -> str:
    """A phone number without its punctuation."""
    return _NOT_DIGITS.sub("", text)


def _checked_aws(topic: Topic, protocol: str, endpoint: str) -> None:
    arn = parsed(endpoint)
    if protocol == "sqs":
        if arn is None or arn.service != "sqs" or not arn.rest or ":" in arn.rest:
            raise invalid_parameter("SQS endpoint ARN")
        # Since 2023 a FIFO topic delivers to standard queues as well; a standard topic never to FIFO queues.
        if arn.rest.endswith(".fifo") and not topic.is_fifo:
            raise invalid_parameter(
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
            )
    elif protocol == "lambda":
        if arn is None or arn.service != "lambda" or not arn.rest.startswith("function:"):
            raise invalid_parameter("Lambda endpoint ARN")
    elif arn is None or arn.service != "firehose" or not arn.rest.startswith("deliverystream/"):
        raise invalid_parameter("Firehose endpoint ARN")


def _checked_application(state: SnsState, endpoint: str) -> str:
    arn: Arn | None = parsed(endpoint)
    if arn is None or arn.service != "sns" or not arn.rest.startswith("endpoint/"):
        raise invalid_parameter(f"Application endpoint arn invalid:{endpoint}")
    if endpoint not in state.endpoints:
        raise invalid_parameter(f"Endpoint Reason: Endpoint does not exist for endpoint {endpoint}")
    return endpoint
