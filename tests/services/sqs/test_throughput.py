"""How often a FIFO queue may be called."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.sqs.sqs_calls import counts, make_queue, receive, refused, send


def put(aws: Aws, url: str, number: int, group: str = "g") -> None:
    send(aws, url, str(number), MessageGroupId=group, MessageDeduplicationId=f"{group}{number}")


async def test_a_fifo_queue_takes_300_calls_a_second_of_each_action(aws: Aws) -> None:
    url = make_queue(aws, "orders.fifo")
    for number in range(300):
        put(aws, url, number)
    with refused("RequestThrottled", "Request is throttled."):
        put(aws, url, 300)
    assert counts(aws, url) == (300, 0, 0)
    assert len(receive(aws, url)) == 10, "each action has a quota of its own"
    await aws.advance(ms=3)
    with refused("RequestThrottled", "Request is throttled."):
        put(aws, url, 300)
    await aws.advance(ms=1)
    put(aws, url, 300)


def test_a_batch_counts_as_one_call(aws: Aws) -> None:
    url = make_queue(aws, "orders.fifo")
    for call in range(300):
        entries: list[dict[str, Any]] = [
            {"Id": str(n), "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": f"{call}-{n}"}
            for n in range(10)
        ]
        aws.sqs.send_message_batch({"QueueUrl": url, "Entries": entries})
    assert counts(aws, url) == (3000, 0, 0)
    with refused("RequestThrottled", "Request is throttled."):
        aws.sqs.send_message_batch({"QueueUrl": url, "Entries": entries})


def test_with_high_throughput_each_group_has_the_quota(aws: Aws) -> None:
    url = make_queue(aws, "orders.fifo", DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    for number in range(300):
        put(aws, url, number, "a")
    with refused("RequestThrottled", "Request is throttled."):
        put(aws, url, 300, "a")
    for number in range(300):
        put(aws, url, number, "b")
    for _ in range(301):
        receive(aws, url)


def test_a_throttled_call_says_what_would_help(aws: Aws) -> None:
    url = make_queue(aws, "orders.fifo")
    for _ in range(300):
        receive(aws, url)
    with pytest.raises(AwsError) as info:
        receive(aws, url)
    why = info.value.why
    assert why.decision == "throttled"
    assert "300 ReceiveMessage calls a second" in why.cause
    assert why.facts[0].property == "FifoThroughputLimit"
    assert "FifoThroughputLimit=perMessageGroupId" in why.remedy[0]
    assert info.value.status == 403


def test_a_standard_queue_has_no_such_limit(aws: Aws) -> None:
    url = make_queue(aws)
    for number in range(1000):
        send(aws, url, str(number))
