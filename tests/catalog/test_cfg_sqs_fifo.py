"""A FIFO queue in high throughput mode: order and throughput by message group."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import code_of, refused
from foulweather.testing import Aws


@pytest.fixture
def queue(aws: Aws) -> tuple[Any, str]:
    sqs = aws.client("sqs")
    attributes = {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
        "VisibilityTimeout": "30",
    }
    return sqs, sqs.create_queue(QueueName="orders.fifo", Attributes=attributes)["QueueUrl"]


def send(queue: tuple[Any, str], group: str, body: str, deduplication: str = "") -> dict[str, Any]:
    sqs, url = queue
    return sqs.send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=deduplication or f"{group}-{body}"
    )


def receive(queue: tuple[Any, str], most: int = 10) -> list[dict[str, Any]]:
    sqs, url = queue
    return sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=most, MessageSystemAttributeNames=["MessageGroupId", "SequenceNumber"]
    ).get("Messages", [])


def delete(queue: tuple[Any, str], message: dict[str, Any]) -> None:
    queue[0].delete_message(QueueUrl=queue[1], ReceiptHandle=message["ReceiptHandle"])


def test_a_group_is_in_order_even_when_its_first_message_fails(aws: Aws, queue: tuple[Any, str]) -> None:
    for number in "123":
        send(queue, "customer-a", number)
    (first,) = receive(queue, 1)
    assert first["Body"] == "1"
    assert not receive(queue, 1), "the rest of the group waits for what is in hand"
    aws.advance("30s")  # the worker has died
    served: list[str] = []
    while got := receive(queue, 1):
        served.append(got[0]["Body"])
        delete(queue, got[0])
    assert served == ["1", "2", "3"]


def test_groups_do_not_wait_for_each_other(queue: tuple[Any, str]) -> None:
    for group in ("a", "b", "c"):
        send(queue, group, "1")
        send(queue, group, "2")
    (held,) = receive(queue, 1)
    rest = [message for _ in range(2) for message in receive(queue, 1)]
    groups = {message["Attributes"]["MessageGroupId"] for message in [held, *rest]}
    assert groups == {"a", "b", "c"}
    assert {message["Body"] for message in rest} == {"1"}


def test_the_same_deduplication_id_is_delivered_once_in_five_minutes(aws: Aws, queue: tuple[Any, str]) -> None:
    one = send(queue, "a", "order", "id-1")
    aws.advance("4m59s")
    two = send(queue, "a", "order", "id-1")
    assert two["SequenceNumber"] == one["SequenceNumber"]
    (only,) = receive(queue)
    delete(queue, only)
    assert not receive(queue)
    aws.advance("5m")
    send(queue, "a", "order", "id-1")
    assert len(receive(queue)) == 1


def test_the_scope_of_deduplication_is_the_group(queue: tuple[Any, str]) -> None:
    send(queue, "a", "order", "id-1")
    send(queue, "b", "order", "id-1")
    assert len(receive(queue, 1) + receive(queue, 1)) == 2


def test_group_and_deduplication_id_are_required(queue: tuple[Any, str]) -> None:
    sqs, url = queue
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x")["Code"] == "MissingParameter"
    error = refused(sqs.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="a")
    assert error["Code"] == "InvalidParameterValue"
    assert "MessageDeduplicationId" in error["Message"]


def test_high_throughput_wants_the_group_as_scope(aws: Aws) -> None:
    attributes = {"FifoQueue": "true", "DeduplicationScope": "queue", "FifoThroughputLimit": "perMessageGroupId"}
    error = refused(aws.client("sqs").create_queue, QueueName="wrong.fifo", Attributes=attributes)
    assert error["Status"] == 400


@pytest.mark.parametrize(("is_batch", "bound"), [(False, 300), (True, 3000)])
def test_without_high_throughput_a_queue_bears_300_calls_or_3000_messages_a_second(
    aws: Aws, is_batch: bool, bound: int
) -> None:
    sqs = aws.client("sqs", config=None)
    url = sqs.create_queue(QueueName="slow.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    client = _without_retries(aws)
    first, *_ = [sent for sent in range(bound + 1) if not _is_sent(client, url, sent, 10 if is_batch else 1)]
    assert first * (10 if is_batch else 1) == bound


def _is_sent(client: Any, url: str, number: int, count: int) -> bool:
    entries = [
        {"Id": str(n), "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": f"{number}-{n}"}
        for n in range(count)
    ]
    code = code_of(client.send_message_batch, QueueUrl=url, Entries=entries)
    return code not in {"RequestThrottled", "ThrottlingException"}


def _without_retries(aws: Aws) -> Any:
    from botocore.config import Config

    return aws.client("sqs", config=Config(retries={"total_max_attempts": 1}))
