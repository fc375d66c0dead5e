"""Amazon Resource Names as SNS takes them apart, with the words of its refusals."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.services.sns.limits import invalid_parameter


class Arn(NamedTuple):
    """The parts of an ARN; `rest` is everything after the account."""

    text: str
    service: str
    region: str
    account: str
    rest: str


@lru_cache(maxsize=4096)
def parsed(text: str) -> Arn | None:
    """The parts of an ARN, or None if it is none."""
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return None
    return Arn(text, parts[2], parts[3], parts[4], parts[5])


def checked(text: str, parameter: str) -> Arn:
    """An SNS ARN given as a parameter."""
    found = parsed(text)
    if found is None and text.count(":") < 5:
        raise invalid_parameter(f"{parameter} Reason: An ARN must have at least 6 elements, not {text.count(':') + 1}")
    if found is None or found.service != "sns":
        raise invalid_parameter(parameter)
    return found


def topic(call: Call, text: str, parameter: str = "TopicArn") -> Arn:
    """A topic's ARN; SNS takes only those of the Region that is asked."""
    found = checked(text, parameter)
    if not found.rest or ":" in found.rest or "/" in found.rest:
        raise invalid_parameter(parameter)
    if found.region != call.region and call.principal.kind != "anonymous":
        raise invalid_parameter(parameter)
    return found


def subscription(call: Call, text: str) -> Arn:
    """A subscription's ARN: its topic's, and an id."""
    found = checked(text, "SubscriptionArn")
    name, colon, number = found.rest.partition(":")
    if not colon or not name or not number:
        raise invalid_parameter("SubscriptionArn Reason: An ARN must have at least 7 elements, not 6")
    if found.region != call.region and call.principal.kind != "anonymous":
        raise invalid_parameter("SubscriptionArn")
    return found


def topic_of(subscription_arn: str) -> str:
    """The topic that a subscription's ARN begins with."""
    return subscription_arn.rpartition(":")[0]
