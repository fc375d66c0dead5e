"""The DeliveryPolicy of topics and of HTTP/S subscriptions: checked when set, shown as effective, applied.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from foulweather.services.sns.retries import BY_PROTOCOL, RetryPolicy
from foulweather.services.sns.state import Delivery, SnsState, Subscription, Topic

DEFAULT_CONTENT_TYPE = "text/plain; charset=UTF-8"
RETRY_SECONDS_MAX = 3_600
BACKOFFS = ("arithmetic", "exponential", "geometric", "linear")
CONTENT_TYPES = (
    "application/atom+xml",
    "application/json",
    "application/octet-stream",
    "application/soap+xml",
    "application/vnd.api+json",
    "application/x-www-form-urlencoded",
    "application/xhtml+xml",
    "application/xml",
    "multipart/form-data",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
)
_DEFAULT: dict[str, Any] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
_COUNTS = ("numRetries", "numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries")

Json = dict[str, Any]


class DeliveryPolicySyntax(ValueError):
    """A delivery policy that SNS refuses, in its words."""


def checked_topic_policy(text: str) -> None:
    """The DeliveryPolicy of a topic: an object with `http` in it."""
    document = _object(text)
    http = document.pop("http", {})
    if document or not isinstance(http, dict):
        raise DeliveryPolicySyntax(f"DeliveryPolicy: Unrecognized member: {next(iter(document), 'http')}")
    http = dict(cast(Json, http))
    _checked_retry(http.pop("defaultHealthyRetryPolicy", None), "http.defaultHealthyRetryPolicy")
    _checked_retry(http.pop("defaultSicklyRetryPolicy", None), "http.defaultSicklyRetryPolicy")
    _checked_throttle(http.pop("defaultThrottlePolicy", None), "http.defaultThrottlePolicy")
    _checked_request(http.pop("defaultRequestPolicy", None), "http.defaultRequestPolicy")
    if not isinstance(http.pop("disableSubscriptionOverrides", False), bool):
        raise DeliveryPolicySyntax("DeliveryPolicy: http.disableSubscriptionOverrides must be a boolean")
    _nothing_else(http)


def checked_subscription_policy(text: str) -> None:
    """The DeliveryPolicy of a subscription."""
    document = _object(text)
    _checked_retry(document.pop("healthyRetryPolicy", None), "healthyRetryPolicy")
    _checked_retry(document.pop("sicklyRetryPolicy", None), "sicklyRetryPolicy")
    _checked_throttle(document.pop("throttlePolicy", None), "throttlePolicy")
    _checked_request(document.pop("requestPolicy", None), "requestPolicy")
    document.pop("guaranteed", None)
    _nothing_else(document)


def effective_topic_policy(topic: Topic) -> str:
    """EffectiveDeliveryPolicy of a topic: what was set, over AWS's defaults."""
    http = _http(topic)
    effective: Json = {
        "defaultHealthyRetryPolicy": {**_DEFAULT, **(http.get("defaultHealthyRetryPolicy") or {})},
        "disableSubscriptionOverrides": bool(http.get("disableSubscriptionOverrides")),
    }
    if http.get("defaultThrottlePolicy"):
        effective["defaultThrottlePolicy"] = http["defaultThrottlePolicy"]
    effective["defaultRequestPolicy"] = http.get("defaultRequestPolicy") or {"headerContentType": DEFAULT_CONTENT_TYPE}
    return _written({"http": effective})


def effective_subscription_policy(topic: Topic | None, subscription: Subscription) -> str:
    """EffectiveDeliveryPolicy of an HTTP/S subscription."""
    return _written(_effective(topic, subscription))


def retry_policy(state: SnsState, delivery: Delivery) -> RetryPolicy:
    """The retries that a delivery gets."""
    if delivery.protocol not in ("http", "https"):
        return BY_PROTOCOL[delivery.protocol]
    subscription = state.subscriptions.get(delivery.subscription_arn)
    topic = state.topics.get(delivery.topic_arn)
    if subscription is None:
        return BY_PROTOCOL[delivery.protocol]
    healthy: Json = _effective(topic, subscription)["healthyRetryPolicy"]
    return RetryPolicy(
        healthy["numRetries"],
        healthy["numNoDelayRetries"],
        healthy["numMinDelayRetries"],
        healthy["numMaxDelayRetries"],
        healthy["minDelayTarget"],
        healthy["maxDelayTarget"],
        healthy["backoffFunction"],
    )


def receives_per_second(topic: Topic | None, subscription: Subscription) -> int:
    """How many deliveries a second a subscription takes (0: any number)."""
    throttle: Json | None = _effective(topic, subscription)["throttlePolicy"]
    return int((throttle or {}).get("maxReceivesPerSecond") or 0)


def content_type(topic: Topic | None, subscription: Subscription) -> str:
    """The Content-Type of a subscription's HTTP deliveries."""
    policy: Json = _effective(topic, subscription)["requestPolicy"]
    return policy["headerContentType"]


def _effective(topic: Topic | None, subscription: Subscription) -> Json:
    http = _http(topic)
    own: Json = {}
    if "DeliveryPolicy" in subscription.attributes and not http.get("disableSubscriptionOverrides"):
        own = _object(subscription.attributes["DeliveryPolicy"])
    retry: Json = own.get("healthyRetryPolicy") or http.get("defaultHealthyRetryPolicy") or {}
    return {
        "healthyRetryPolicy": {**_DEFAULT, **retry},
        "sicklyRetryPolicy": own.get("sicklyRetryPolicy"),
        "throttlePolicy": own.get("throttlePolicy") or http.get("defaultThrottlePolicy"),
        "requestPolicy": own.get("requestPolicy")
        or http.get("defaultRequestPolicy")
        or {"headerContentType": DEFAULT_CONTENT_TYPE},
        "guaranteed": False,
    }


def _http(topic: Topic | None) -> Json:
    if topic is None or "DeliveryPolicy" not in topic.attributes:
        return {}
    return cast(Json, _object(topic.attributes["DeliveryPolicy"]).get("http") or {})


def _written(document: Json) -> str:
    return msgspec.json.encode(document).decode()


def _object(text: str) -> Json:
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise DeliveryPolicySyntax("DeliveryPolicy: failed to parse JSON.") from None
    if not isinstance(document, dict):
        raise DeliveryPolicySyntax("DeliveryPolicy: failed to parse JSON.")
    return cast(Json, document)


def _checked_retry(given: Any, where: str) -> None:
    if given is None:
        return
    policy = _member(given, where)
    # Terraform's acceptance tests record AWS's words: "healthyRetryPolicy.minDelayTarget must be specified".
    for name in ("minDelayTarget", "maxDelayTarget", "numRetries"):
        if policy.get(name) is None:
            raise DeliveryPolicySyntax(f"DeliveryPolicy: {where}.{name} must be specified")
    for name in ("minDelayTarget", "maxDelayTarget", *_COUNTS):
        value = policy.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int):
            raise DeliveryPolicySyntax(f"DeliveryPolicy: {where}.{name} must be an integer")
        if value < 0:
            raise DeliveryPolicySyntax(f"DeliveryPolicy: {where}.{name} must be greater than or equal to 0")
    least, most = policy["minDelayTarget"], policy["maxDelayTarget"]
    if least < 1:
        raise DeliveryPolicySyntax(f"DeliveryPolicy: {where}.minDelayTarget must be greater than or equal to 1")
    if most > RETRY_SECONDS_MAX:
        raise DeliveryPolicySyntax(f"DeliveryPolicy: {where}.maxDelayTarget must be less than or equal to 3600")
    if most < least:
        raise DeliveryPolicySyntax(
            f"DeliveryPolicy: {where}.maxDelayTarget must be greater than or equal to minDelayTarget"
        )
    if policy["numRetries"] > 100:
        raise DeliveryPolicySyntax(f"DeliveryPolicy: {where}.numRetries must be less than or equal to 100")
    if sum(policy.get(name, 0) for name in _COUNTS[1:]) > policy["numRetries"]:
        raise DeliveryPolicySyntax(
            f"DeliveryPolicy: {where}.numRetries must be greater than or equal to the sum of numNoDelayRetries, "
            "numMinDelayRetries and numMaxDelayRetries"
        )
    if policy.get("backoffFunction", "linear") not in BACKOFFS:
        raise DeliveryPolicySyntax(
            f"DeliveryPolicy: {where}.backoffFunction must be one of arithmetic, exponential, geometric or linear"
        )
    _within_an_hour(policy, where)
    _nothing_else({name: value for name, value in policy.items() if name not in _DEFAULT})


def _within_an_hour(policy: Json, where: str) -> None:
    # "The total policy retry time for an HTTP/S endpoint cannot be greater than 3,600 seconds."
    retries = RetryPolicy(
        policy["numRetries"],
        policy.get("numNoDelayRetries", 0),
        policy.get("numMinDelayRetries", 0),
        policy.get("numMaxDelayRetries", 0),
        policy["minDelayTarget"],
        policy["maxDelayTarget"],
        policy.get("backoffFunction", "linear"),
    )
    total_ms = sum(retries.delay_ms(retry) or 0 for retry in range(retries.retries))
    if total_ms > RETRY_SECONDS_MAX * 1000:
        raise DeliveryPolicySyntax(
            f"DeliveryPolicy: {where}: total retry time must be less than or equal to {RETRY_SECONDS_MAX} seconds"
        )


def _checked_throttle(given: Any, where: str) -> None:
    if given is None:
        return
    policy = _member(given, where)
    rate = policy.pop("maxReceivesPerSecond", None)
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int) or rate < 1):
        raise DeliveryPolicySyntax(f"DeliveryPolicy: {where}.maxReceivesPerSecond must be greater than or equal to 1")
    _nothing_else(policy)


def _checked_request(given: Any, where: str) -> None:
    if given is None:
        return
    policy = _member(given, where)
    header = policy.pop("headerContentType", None)
    kind = header.partition(";")[0].strip().lower() if isinstance(header, str) else ""
    if header is not None and kind not in CONTENT_TYPES:
        raise DeliveryPolicySyntax(f"DeliveryPolicy: {where}.headerContentType is not supported: {header}")
    _nothing_else(policy)


def _member(given: Any, where: str) -> Json:
    if not isinstance(given, dict):
        raise DeliveryPolicySyntax(f"DeliveryPolicy: {where} must be an object")
    return dict(cast(Json, given))


def _nothing_else(document: Json) -> None:
    if document:
        raise DeliveryPolicySyntax(f"DeliveryPolicy: Unrecognized member: {next(iter(document))}")
