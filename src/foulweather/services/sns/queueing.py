"""SendMessage as sns.amazonaws.com: to subscribed queues and to dead-letter queues."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.sns.arns import parsed
from foulweather.services.sns.state import Attribute, Delivery

PRINCIPAL = "sns.amazonaws.com"


def send_to_queue(call: Call, delivery: Delivery, queue_arn: str) -> Any:
    """SendMessage as sns.amazonaws.com on behalf of the topic."""
    queue = parsed(queue_arn)
    assert queue is not None
    request: dict[str, Any] = {
        "QueueUrl": f"https://sqs.{queue.region}.amazonaws.com/{queue.account}/{queue.rest}",
        "MessageBody": delivery.body,
    }
    if delivery.is_raw and delivery.attributes:
        request["MessageAttributes"] = {name: _for_queue(one) for name, one in delivery.attributes.items()}
    is_fifo = queue.rest.endswith(".fifo")
    if delivery.group and is_fifo == delivery.topic_arn.endswith(".fifo"):
        request["MessageGroupId"] = delivery.group
    if delivery.deduplication and is_fifo:
        request["MessageDeduplicationId"] = delivery.deduplication
    ports = call.acting_as(
        PRINCIPAL,
        source_arn=delivery.topic_arn,
        source_account=delivery.topic_account,
        account=queue.account,
        region=queue.region,
    )
    return ports.sqs.send_message(request)


def _for_queue(attribute: Attribute) -> dict[str, Any]:
    if attribute.type.startswith("Binary"):
        return {"DataType": attribute.type, "BinaryValue": attribute.data}
    return {"DataType": attribute.type, "StringValue": attribute.text}
