"""HTTP/S deliveries, and the event that a Lambda function gets.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-header
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from foulweather.engines.http_client import NotReachable, NotTrusted, Response, TimedOut, Unreachable, send
from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.sns import delivery_policies
from foulweather.services.sns.limits import HTTP_TIMEOUT_S
from foulweather.services.sns.state import Delivery, SnsState

AGENT = "Amazon Simple Notification Service Agent"


class Failure(NamedTuple):
    """Why a POST failed, and whether it is tried again."""

    why: Why
    is_retried: bool
    waited_ms: int = 0


async def post(call: Call, state: SnsState, delivery: Delivery) -> Failure | None:
    """Deliver by POST; None when the endpoint took it.

    "Amazon SNS considers all 5XX errors and 429 (too many requests sent) errors as retryable. [...] All
    other errors are considered permanent failures and retries will not be attempted."
    """
    endpoint = delivery.endpoint
    try:
        response = await send(
            call, "POST", endpoint, _headers(state, delivery), delivery.body.encode(), timeout_s=HTTP_TIMEOUT_S
        )
    except NotReachable as error:
        return Failure(_not_allowed(delivery, str(error)), is_retried=False)
    except TimedOut:
        # A held clock has not moved while the endpoint kept silent; in the world that took fifteen seconds.
        waited_ms = HTTP_TIMEOUT_S * 1000 if call.world.clock.mode == "held" else 0
        cause = f"{endpoint} did not answer within {HTTP_TIMEOUT_S} seconds."
        return Failure(_failed(call, delivery, cause, "timeout"), is_retried=True, waited_ms=waited_ms)
    except NotTrusted as error:
        return Failure(_failed(call, delivery, f"SNS does not trust {endpoint}: {error}", str(error)), is_retried=True)
    except Unreachable as error:
        return Failure(_failed(call, delivery, f"{endpoint} cannot be reached: {error}", str(error)), is_retried=True)
    if 200 <= response.status < 300:
        return None
    return _refused(call, delivery, response)


def lambda_event(delivery: Delivery) -> bytes:
    """The event of a function that is subscribed to a topic.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    """
    envelope = msgspec.json.decode(delivery.body, type=dict[str, object])
    envelope["MessageAttributes"] = envelope.get("MessageAttributes", {})
    envelope.setdefault("Subject", None)
    envelope["SigningCertUrl"] = envelope.pop("SigningCertURL", "")
    envelope["UnsubscribeUrl"] = envelope.pop("UnsubscribeURL", "")
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": delivery.subscription_arn,
        "Sns": envelope,
    }
    return msgspec.json.encode({"Records": [record]})


def _headers(state: SnsState, delivery: Delivery) -> list[tuple[str, str]]:
    subscription = state.subscriptions[delivery.subscription_arn]
    topic = state.topics.get(delivery.topic_arn)
    headers = [
        ("x-amz-sns-message-type", delivery.kind),
        ("x-amz-sns-message-id", delivery.message_id),
        ("x-amz-sns-topic-arn", delivery.topic_arn),
    ]
    if delivery.kind != "SubscriptionConfirmation":
        headers.append(("x-amz-sns-subscription-arn", delivery.subscription_arn))
    if delivery.is_raw:
        headers.append(("x-amz-sns-rawdelivery", "true"))
    headers.append(("Content-Type", delivery_policies.content_type(topic, subscription)))
    headers.append(("User-Agent", AGENT))
    if delivery.trace_header:
        headers.append(("X-Amzn-Trace-Id", delivery.trace_header))
    return headers


def _refused(call: Call, delivery: Delivery, response: Response) -> Failure:
    status = response.status
    cause = f"{delivery.endpoint} answered with status {status}."
    return Failure(_failed(call, delivery, cause, status), is_retried=status >= 500 or status == 429)


def _failed(call: Call, delivery: Delivery, cause: str, seen: object) -> Why:
    facts = (
        call.fact(delivery.subscription_arn, "Endpoint", delivery.endpoint),
        Fact(delivery.endpoint, "response", seen),
    )
    return Why("failed", cause, facts)


def _not_allowed(delivery: Delivery, host: str) -> Why:
    return Why(
        "refused",
        f"Foulweather sends nothing to {host}: HTTP deliveries go to this machine only, unless the host is allowed.",
        (Fact("FOULWEATHER_HTTP_ALLOW", "hosts", None), Fact(delivery.subscription_arn, "Endpoint", delivery.endpoint)),
        (f"FOULWEATHER_HTTP_ALLOW={host} foulweather start",),
    )
