"""A shop that publishes orders to a topic, and a billing queue that workers empty."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.lab import MINUTE_MS, App, Lab


def policy(queue_arn: str, topic_arn: str) -> str:
    """Lets the topic, and nobody else, send to the queue."""
    statement = {
        "Sid": "OrdersTopicMaySend",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Shop(App):
    """Publishes an order now and then."""

    def start(self) -> None:
        super().start()
        self.orders = 0
        self._next()

    def _next(self) -> None:
        self.lab.at(self.lab.now_ms + MINUTE_MS, self._order)

    def _order(self) -> None:
        if not self.is_running:
            return
        self.orders += 1
        order = {"order": self.orders, "placed_ms": self.lab.now_ms}
        self.lab.client("sns").publish(TopicArn=self.lab.notes["topic"], Message=json.dumps(order))
        self.lab.notes["placed"][self.orders] = self.lab.now_ms
        self._next()


class Billing(App):
    """Empties the queue every ten seconds and writes an invoice for each order."""

    def start(self) -> None:
        super().start()
        self._next()

    def _next(self) -> None:
        self.lab.at(self.lab.now_ms + 30_000, self._poll)

    def _poll(self) -> None:
        if not self.is_running:
            return
        sqs, queue = self.lab.client("sqs"), self.lab.notes["queue"]
        received: dict[str, Any] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        for message in received.get("Messages", []):
            order = json.loads(message["Body"])["order"]
            self.lab.notes["invoiced"][order] = self.lab.now_ms
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        self._next()


def build(lab: Lab) -> None:
    """Topic, queue, policy, raw subscription; a shop and its billing."""
    sns, sqs = lab.client("sns"), lab.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    other = sns.create_topic(Name="marketing")["TopicArn"]
    queue = sqs.create_queue(QueueName="billing", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(arn, topic)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    lab.notes.update(topic=topic, other=other, queue=queue, queue_arn=arn, placed={}, invoiced={})
    lab.add(Billing(lab, "billing"))
    lab.add(Shop(lab, "shop"))
