from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from harness import Aws


class Sns:
    """Topics and queues for a test, with the policies that let them meet."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def topic(self, name: str = "orders", **attributes: str) -> str:
        if name.endswith(".fifo"):
            attributes["FifoTopic"] = "true"
        return self.aws.sns.create_topic({"Name": name, "Attributes": attributes})["TopicArn"]

    def queue(self, name: str = "inbox", topic: str | None = None, aws: Aws | None = None) -> str:
        """A queue's ARN; with a topic, the queue lets it in."""
        aws = aws or self.aws
        arn = f"arn:aws:sqs:{aws.region}:{aws.account}:{name}"
        attributes: dict[str, str] = {}
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        if topic is not None:
            attributes["Policy"] = self.policy(arn, topic)
        aws.sqs.create_queue({"QueueName": name, "Attributes": attributes})
        return arn

    def policy(self, queue: str, topic: str) -> str:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def subscribe(self, topic: str, queue: str, **attributes: str) -> str:
        request = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "Attributes": attributes}
        return self.aws.sns.subscribe(request)["SubscriptionArn"]

    def subscribed(self, topic: str, name: str = "inbox", **attributes: str) -> str:
        """A new queue that the topic delivers to."""
        queue = self.queue(name, topic)
        self.subscribe(topic, queue, **attributes)
        return queue

    def publish(self, topic: str, message: str = "hello", **more: Any) -> dict[str, Any]:
        return self.aws.sns.publish({"TopicArn": topic, "Message": message, **more})

    def received(self, queue: str, aws: Aws | None = None) -> list[dict[str, Any]]:
        """Everything on a queue."""
        aws = aws or self.aws
        _, _, _, region, account, name = queue.split(":")
        found: list[dict[str, Any]] = []
        while True:
            response = aws.sqs.receive_message(
                {
                    "QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/{name}",
                    "MaxNumberOfMessages": 10,
                    "MessageAttributeNames": ["All"],
                    "AttributeNames": ["All"],
                    "VisibilityTimeout": 600,
                }
            )
            response = response if isinstance(response, dict) else run(response)
            messages = response.get("Messages") or []
            if not messages:
                return found
            found += messages

    def bodies(self, queue: str) -> list[dict[str, Any]]:
        return [json.loads(message["Body"]) for message in self.received(queue)]

    def why(self) -> Why:
        """Why the last thing went wrong."""
        trace = self.aws.world.state(Traces).last_wrong()
        assert trace is not None
        hop = trace.first_wrong()
        assert hop is not None
        assert hop.why is not None
        return hop.why


def run(waiting: Any) -> Any:
    """The result of an operation that could wait and does not."""
    try:
        waiting.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


@pytest.fixture
def sns(aws: Aws) -> Sns:
    return Sns(aws)


@pytest.fixture
def tools() -> type[Sns]:
    """For tests with worlds of their own."""
    return Sns
