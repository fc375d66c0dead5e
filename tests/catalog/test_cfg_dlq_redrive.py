"""A dead-letter queue looked into, and moved back at ten messages a second."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from catalog.configurations import messages, queue_arn, refused
from foulweather.testing import Aws

FAILED = 50


class Queues(NamedTuple):
    sqs: Any
    source: str
    dead: str
    dead_arn: str


@pytest.fixture
def queues(aws: Aws) -> Queues:
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="orders-dlq", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    dead_arn = queue_arn(sqs, dead)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    attributes = {"VisibilityTimeout": "1", "RedrivePolicy": redrive}
    source = sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    for first in range(0, FAILED, 10):
        entries = [{"Id": str(n), "MessageBody": f"order {first + n}"} for n in range(10)]
        sqs.send_message_batch(QueueUrl=source, Entries=entries)
    messages(sqs, source)
    aws.advance("5s")
    assert not messages(sqs, source), "the second receive moves them"
    return Queues(sqs, source, dead, dead_arn)


def count(queues: Queues, url: str) -> int:
    told = queues.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(told["Attributes"]["ApproximateNumberOfMessages"])


def task(queues: Queues) -> dict[str, Any]:
    (found,) = queues.sqs.list_message_move_tasks(SourceArn=queues.dead_arn)["Results"]
    return found


def test_looking_tells_where_from_and_how_often_and_deletes_nothing(aws: Aws, queues: Queues) -> None:
    got = queues.sqs.receive_message(
        QueueUrl=queues.dead, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]
    attributes = got[0]["Attributes"]
    assert attributes["DeadLetterQueueSourceArn"] == queue_arn(queues.sqs, queues.source)
    assert int(attributes["ApproximateReceiveCount"]) >= 2
    aws.advance("1s")
    assert count(queues, queues.dead) == FAILED


def test_ten_a_second_go_back_and_the_task_completes(aws: Aws, queues: Queues) -> None:
    queues.sqs.start_message_move_task(SourceArn=queues.dead_arn, MaxNumberOfMessagesPerSecond=10)
    aws.advance("2s")
    running = task(queues)
    assert running["Status"] == "RUNNING"
    assert running["ApproximateNumberOfMessagesToMove"] == FAILED
    moved = running["ApproximateNumberOfMessagesMoved"]
    assert 10 <= moved <= 30, "ten a second"
    aws.advance("10s")
    done = task(queues)
    assert (done["Status"], done["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", FAILED)
    assert (count(queues, queues.source), count(queues, queues.dead)) == (FAILED, 0)


def test_a_task_can_be_stopped_and_what_has_moved_stays(aws: Aws, queues: Queues) -> None:
    handle = queues.sqs.start_message_move_task(SourceArn=queues.dead_arn, MaxNumberOfMessagesPerSecond=10)[
        "TaskHandle"
    ]
    aws.advance("2s")
    moved = queues.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    aws.advance("1m")
    assert (count(queues, queues.source), count(queues, queues.dead)) == (moved, FAILED - moved)


def test_a_second_task_and_a_source_that_is_no_dead_letter_queue_are_refused(queues: Queues) -> None:
    queues.sqs.start_message_move_task(SourceArn=queues.dead_arn, MaxNumberOfMessagesPerSecond=10)
    start = queues.sqs.start_message_move_task
    assert refused(start, SourceArn=queues.dead_arn)["Status"] == 400
    assert refused(start, SourceArn=queue_arn(queues.sqs, queues.source))["Status"] == 400
