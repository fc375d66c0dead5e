"""A shop that publishes orders to a topic, and a billing queue that workers empty."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.documents import topic_may_send
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.regular import Regular


def policy(queue_arn: str, topic_arn: str) -> str:
    """Lets the topic, and nobody else, send to the queue."""
    return topic_may_send(queue_arn, topic_arn, "OrdersTopicMaySend")


class Shop(Regular):
    """Publishes an order now and then."""

    EVERY_MS = MINUTE_MS
    orders = 0

    def run(self) -> None:
        """One order."""
        self.orders += 1
        order = {"order": self.orders, "placed_ms": self.lab.now_ms}
        self.lab.client("sns").publish(TopicArn=self.lab.notes["topic"], Message=json.dumps(order))
        self.lab.notes["placed"][self.orders] = self.lab.now_ms
        Ledger.of(self.lab).key_of(f"order-{self.orders}", self.lab.now_ms)


class Billing(Regular):
    """Empties the queue every half minute and writes an invoice for each order."""

    EVERY_MS = 30_000

    def run(self) -> None:
        """One look into the queue."""
        sqs, queue = self.lab.client("sqs"), self.lab.notes["queue"]
        received: dict[str, Any] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        for message in received.get("Messages", []):
            order = json.loads(message["Body"])["order"]
            self.lab.notes["invoiced"][order] = self.lab.now_ms
            ledger, now_ms = Ledger.of(self.lab), self.lab.now_ms
            ledger.effect(ledger.key_of(f"order-{order}", now_ms), now_ms, 0, message["MessageId"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def build(lab: Lab) -> None:
    """Topic, queue, policy, raw subscription; a shop and its billing."""
    sns, sqs = lab.client("sns"), lab.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    other = sns.create_topic(Name="marketing")["TopicArn"]
    queue = sqs.create_queue(QueueName="billing", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    arn = lab.queue_arn("billing")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(arn, topic)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    lab.notes.update(topic=topic, other=other, queue=queue, queue_arn=arn, placed={}, invoiced={})
    lab.add(Billing(lab, "billing"))
    lab.add(Shop(lab, "shop"))
