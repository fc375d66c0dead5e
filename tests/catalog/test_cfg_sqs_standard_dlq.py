"""A standard queue with a dead-letter queue, long polling and encryption at rest."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from catalog.configurations import messages, queue_arn, refused
from foulweather.testing import Aws

DAYS_14_S = 14 * 24 * 3600


class Queues(NamedTuple):
    sqs: Any
    orders: str
    dead: str
    dead_arn: str


@pytest.fixture
def queues(aws: Aws) -> Queues:
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="orders-dlq", Attributes={"MessageRetentionPeriod": str(DAYS_14_S)})["QueueUrl"]
    dead_arn = queue_arn(sqs, dead)
    attributes = {
        "VisibilityTimeout": "300",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "20",
        "SqsManagedSseEnabled": "true",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3}),
    }
    orders = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [queue_arn(sqs, orders)]}
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": json.dumps(allowed)})
    return Queues(sqs, orders, dead, dead_arn)


def receive(queues: Queues) -> list[dict[str, Any]]:
    return queues.sqs.receive_message(QueueUrl=queues.orders, WaitTimeSeconds=0).get("Messages", [])


def test_what_was_set_is_what_is_told(queues: Queues) -> None:
    told = queues.sqs.get_queue_attributes(QueueUrl=queues.orders, AttributeNames=["All"])["Attributes"]
    assert told["VisibilityTimeout"] == "300"
    assert told["MessageRetentionPeriod"] == "345600"
    assert told["ReceiveMessageWaitTimeSeconds"] == "20"
    assert told["SqsManagedSseEnabled"] == "true"
    assert int(json.loads(told["RedrivePolicy"])["maxReceiveCount"]) == 3


def test_an_empty_receive_waits_twenty_seconds(aws: Aws, queues: Queues) -> None:
    before = aws.now_ms
    assert "Messages" not in queues.sqs.receive_message(QueueUrl=queues.orders)
    assert aws.now_ms - before == 20_000


def test_a_message_that_is_not_deleted_comes_back_after_300_seconds(aws: Aws, queues: Queues) -> None:
    queues.sqs.send_message(QueueUrl=queues.orders, MessageBody="order 1")
    (first,) = receive(queues)
    aws.advance("299s")
    assert not receive(queues)
    aws.advance("1s")
    (again,) = receive(queues)
    assert again["MessageId"] == first["MessageId"]


def test_after_the_third_receive_it_is_in_the_dead_letter_queue_and_gone_14_days_after_it_was_sent(
    aws: Aws, queues: Queues
) -> None:
    sent = queues.sqs.send_message(QueueUrl=queues.orders, MessageBody="poison")["MessageId"]
    sent_ms = aws.now_ms
    for _ in range(3):
        assert [message["MessageId"] for message in receive(queues)] == [sent]
        aws.advance("300s")
    assert not receive(queues)
    (dead,) = messages(queues.sqs, queues.dead)
    assert (dead["MessageId"], dead["Body"]) == (sent, "poison")
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == queue_arn(queues.sqs, queues.orders)
    # A standard queue counts retention from the first send, in the dead-letter queue as well.
    aws.advance(sent_ms + DAYS_14_S * 1000 - aws.now_ms - 1000)
    assert len(messages(queues.sqs, queues.dead, 0)) == 1
    aws.advance("1m")
    assert not messages(queues.sqs, queues.dead, 0)


def test_a_queue_that_the_allow_policy_does_not_list_cannot_use_it(queues: Queues) -> None:
    redrive = json.dumps({"deadLetterTargetArn": queues.dead_arn, "maxReceiveCount": 3})
    error = refused(queues.sqs.create_queue, QueueName="returns", Attributes={"RedrivePolicy": redrive})
    assert error["Status"] == 400
    assert "InvalidParameterValue" in error["Code"]
