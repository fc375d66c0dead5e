"""The cost of a message must not grow with the number of messages that wait."""

from __future__ import annotations

import time
from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.services.sqs.messages import send_message
from foulweather.services.sqs.receipts import delete_message, receive_message
from harness import Aws, new_aws
from services.sqs.sqs_calls import make_queue

ROUNDS = 400


def cost_us(aws: Aws, url: str, **members: Any) -> float:
    """CPU microseconds of one message's way through the operations: the best of several tries."""
    call = Call(aws.pipeline, "sqs", "SendMessage", aws.account, aws.region, aws.principal)
    best = float("inf")
    for attempt in range(6):
        aws.world.clock.move_to(aws.now + 300_000)
        call.reread_clock()
        start = time.process_time_ns()
        for number in range(ROUNDS):
            if members:
                aws.world.clock.move_to(aws.now + 10)
                call.reread_clock()
                members["MessageDeduplicationId"] = f"{attempt}-{number}-{aws.now}"
            send_message(call, {"QueueUrl": url, "MessageBody": "x" * 100, **members})
            (message,) = receive_message(call, {"QueueUrl": url})["Messages"]  # type: ignore[index]
            delete_message(call, {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})
        best = min(best, (time.process_time_ns() - start) / ROUNDS / 1000)
        aws.world.store.commit()
    return best


@pytest.mark.slow
@pytest.mark.parametrize("name", ["orders", "orders.fifo"])
def test_a_full_queue_is_as_fast_as_an_empty_one(name: str) -> None:
    aws = new_aws()
    url = make_queue(aws, name, MessageRetentionPeriod=1_209_600)
    members = {"MessageGroupId": "g"} if name.endswith(".fifo") else {}
    empty = cost_us(aws, url, **members)
    call = Call(aws.pipeline, "sqs", "SendMessage", aws.account, aws.region, aws.principal)
    for number in range(100_000):
        if members:
            members = {"MessageGroupId": f"g{number % 1000}", "MessageDeduplicationId": str(number)}
            aws.world.clock.move_to(aws.now + 4)
            call.reread_clock()
        send_message(call, {"QueueUrl": url, "MessageBody": str(number), **members})
    aws.world.store.commit()
    full = cost_us(aws, url, **({"MessageGroupId": "g"} if members else {}))
    # Twice leaves room for a cold cache and a busy machine; anything that scans costs thousands of times more.
    assert full < 2 * empty
