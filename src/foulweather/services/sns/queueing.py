"""SendMessage as sns.amazonaws.com: to subscribed queues and to dead-letter queues."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.policy import principal as principals
from foulweather.services.sns.arns import parsed
from foulweather.services.sns.state import Attribute, Delivery

PRINCIPAL = principals.service("sns.amazonaws.com")


class Queue(NamedTuple):
    """Where a queue is."""

    account: str
    region: str
    url: str
    is_fifo: bool


def send_to_queue(call: Call, delivery: Delivery, queue_arn: str) -> Any:
    """SendMessage as sns.amazonaws.com on behalf of the topic."""
    queue = _queue(queue_arn)
    request: dict[str, Any] = {"QueueUrl": queue.url, "MessageBody": delivery.body}
    if delivery.is_raw and delivery.attributes:
        request["MessageAttributes"] = {name: _for_queue(one) for name, one in delivery.attributes.items()}
    if delivery.group and queue.is_fifo == delivery.topic_arn.endswith(".fifo"):
        request["MessageGroupId"] = delivery.group
    if delivery.deduplication and queue.is_fifo:
        request["MessageDeduplicationId"] = delivery.deduplication
    if delivery.trace_header:
        header = {"DataType": "String", "StringValue": delivery.trace_header}
        request["MessageSystemAttributes"] = {"AWSTraceHeader": header}
    ports = call.acting_as(
        PRINCIPAL,
        source_arn=delivery.topic_arn,
        source_account=delivery.topic_account,
        account=queue.account,
        region=queue.region,
    )
    return ports.sqs.send_message(request)


@lru_cache(maxsize=4096)
def _queue(arn: str) -> Queue:
    found = parsed(arn)
    assert found is not None
    url = f"https://sqs.{found.region}.amazonaws.com/{found.account}/{found.rest}"
    return Queue(found.account, found.region, url, found.rest.endswith(".fifo"))


def _for_queue(attribute: Attribute) -> dict[str, Any]:
    if attribute.type.startswith("Binary"):
        return {"DataType": attribute.type, "BinaryValue": attribute.data}
    return {"DataType": attribute.type, "StringValue": attribute.text}
