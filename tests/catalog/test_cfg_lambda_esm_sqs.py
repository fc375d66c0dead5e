"""A queue into a function: ten at a time, a window, ten at once at most, and each message on its own when it fails."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import bodies, queue_arn, refused
from catalog.functions import function, modelled
from foulweather.testing import Aws

READING = {
    "Effect": "Allow",
    "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "Resource": "*",
}
PARTIAL = """
def handler(event, context):
    failed = [each["messageId"] for each in event["Records"] if each["body"].startswith("bad")]
    print("BATCH", len(event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""
SETTINGS = {
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 5,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "ScalingConfig": {"MaximumConcurrency": 10},
}


@pytest.fixture
def queue(aws: Aws) -> str:
    sqs = aws.client("sqs")
    dead = queue_arn(sqs, sqs.create_queue(QueueName="orders-dlq")["QueueUrl"])
    redrive = f'{{"deadLetterTargetArn": "{dead}", "maxReceiveCount": 3}}'
    attributes = {"VisibilityTimeout": "30", "RedrivePolicy": redrive}
    return sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]


def send(aws: Aws, queue: str, *texts: str) -> None:
    sqs = aws.client("sqs")
    for start in range(0, len(texts), 10):
        entries = [{"Id": str(n), "MessageBody": text} for n, text in enumerate(texts[start : start + 10])]
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)


def mapped(aws: Aws, queue: str, **more: Any) -> None:
    arn = queue_arn(aws.client("sqs"), queue)
    asked = {"FunctionName": "order-processor", "EventSourceArn": arn, **SETTINGS, **more}
    aws.client("lambda").create_event_source_mapping(**asked)
    aws.advance("10s")


def left(aws: Aws, queue: str) -> list[int]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return [int(told[name]) for name in names]


def test_only_what_failed_comes_again_and_ends_among_the_dead_letters(aws: Aws, queue: str) -> None:
    function(aws, "order-processor", PARTIAL, READING)
    mapped(aws, queue)
    send(aws, queue, *[f"good {n}" for n in range(8)], "bad one", "bad two")
    aws.advance("10s")
    assert left(aws, queue) == [0, 2]
    aws.advance("3m")
    assert left(aws, queue) == [0, 0]
    dead = aws.client("sqs").get_queue_url(QueueName="orders-dlq")["QueueUrl"]
    assert sorted(bodies(aws.client("sqs"), dead)) == ["bad one", "bad two"]
    gone = [event for event in aws.events("sqs.MessageDeleted") if event.resource.endswith(":orders")]
    assert len(gone) == 8


def test_the_window_gathers_a_batch(aws: Aws, queue: str) -> None:
    function(aws, "order-processor", PARTIAL, READING)
    mapped(aws, queue)
    for n in range(4):
        send(aws, queue, f"good {n}")
        aws.advance("1s")
    assert aws.events("lambda.Invoked") == []
    aws.advance("6s")
    assert len(aws.events("lambda.Invoked")) == 1


def test_never_more_than_ten_run_at_once(aws: Aws, queue: str) -> None:
    modelled(aws, "order-processor", "duration_ms = 2000\nresponse = {batchItemFailures = []}\n", READING)
    mapped(aws, queue)
    send(aws, queue, *[f"order {n}" for n in range(600)])
    aws.advance("2m")
    ran = [event.facts for event in aws.events("lambda.Invoked")]
    assert max(each["concurrent"] for each in ran) == 10
    assert left(aws, queue) == [0, 0]
    assert aws.events("lambda.Throttled") == []


def test_a_queue_that_shows_messages_again_before_the_function_is_done_is_refused(aws: Aws, queue: str) -> None:
    modelled(aws, "order-processor", "duration_ms = 5\n", READING, Timeout=60)
    arn = queue_arn(aws.client("sqs"), queue)
    create = aws.client("lambda").create_event_source_mapping
    error = refused(create, FunctionName="order-processor", EventSourceArn=arn, **SETTINGS)
    assert error["Code"] == "InvalidParameterValueException"
    assert "less than Function timeout" in error["Message"]


def test_a_role_that_may_not_receive_is_refused(aws: Aws, queue: str) -> None:
    modelled(aws, "order-processor", "duration_ms = 5\n")
    arn = queue_arn(aws.client("sqs"), queue)
    create = aws.client("lambda").create_event_source_mapping
    error = refused(create, FunctionName="order-processor", EventSourceArn=arn, **SETTINGS)
    assert error["Code"] == "InvalidParameterValueException"
    assert "ReceiveMessage on SQS" in error["Message"]
