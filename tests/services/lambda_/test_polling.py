"""Mappings made through the API, with functions that really run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from harness import ACCOUNT, REGION, Aws
from services.lambda_.packaged import LOGS, function, logged, modelled, role

ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
ROLE_MAY = [*LOGS, {"Effect": "Allow", "Action": "sqs:*", "Resource": ARN}]
CODE = """
def handler(event, context):
    failed = [each["messageId"] for each in event["Records"] if each["body"] == "bad"]
    print("seen", sorted(each["body"] for each in event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


@pytest_asyncio.fixture
async def orders(aws: Aws) -> AsyncIterator[Aws]:
    aws.sqs.create_queue({"QueueName": "orders", "Attributes": {"VisibilityTimeout": "30"}})
    role(aws, ROLE_MAY)
    yield aws
    aws.world.close()


async def mapped(aws: Aws, **more: Any) -> str:
    told = await aws.lambda_.create_event_source_mapping({"EventSourceArn": ARN, "FunctionName": "work", **more})
    assert told["State"] == "Creating"
    await aws.advance(seconds=5)
    assert aws.lambda_.get_event_source_mapping({"UUID": told["UUID"]})["State"] == "Enabled"
    return told["UUID"]


def send(aws: Aws, *bodies: str) -> None:
    for body in bodies:
        aws.sqs.send_message({"QueueUrl": "orders", "MessageBody": body})


def left(aws: Aws) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = aws.sqs.get_queue_attributes({"QueueUrl": "orders", "AttributeNames": names})["Attributes"]
    return sum(int(each) for each in told.values())


async def test_a_function_of_python_consumes_a_queue(orders: Aws) -> None:
    await function(orders, CODE)
    await mapped(orders, FunctionResponseTypes=["ReportBatchItemFailures"])
    send(orders, "good", "bad")
    await orders.advance(seconds=29)
    assert left(orders) == 1
    await orders.advance(seconds=20)
    seen = [line for line in logged(orders) if line.startswith("seen")]
    assert json.loads(json.dumps(seen))[-1].strip() == "seen ['bad']"


async def test_a_modelled_function_takes_its_time_for_each_batch(orders: Aws) -> None:
    await modelled(orders, "duration_ms = 1000\ninit_ms = 0")
    await mapped(orders, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    before = orders.now
    send(orders, *"abcdefgh")
    await orders.advance(ms=3_900)
    assert left(orders) == 2
    await orders.advance(ms=200)
    assert left(orders) == 0
    assert orders.now - before == 4_100


async def test_reserved_concurrency_of_one_sends_messages_to_the_dead_letter_queue(orders: Aws) -> None:
    """Five pollers, one environment: who is throttled until the visibility timeout is over was received for nothing."""
    orders.sqs.create_queue({"QueueName": "dead"})
    redrive = json.dumps({"deadLetterTargetArn": f"{ARN[:-6]}dead", "maxReceiveCount": 1})
    orders.sqs.set_queue_attributes({"QueueUrl": "orders", "Attributes": {"RedrivePolicy": redrive}})
    await modelled(orders, "duration_ms = 25000\ninit_ms = 0", Timeout=30)
    orders.lambda_.put_function_concurrency({"FunctionName": "work", "ReservedConcurrentExecutions": 1})
    await mapped(orders, BatchSize=1)
    send(orders, *"abcdefgh")
    await orders.advance(seconds=300)
    assert left(orders) == 0
    names = ["ApproximateNumberOfMessages"]
    dead = orders.sqs.get_queue_attributes({"QueueUrl": "dead", "AttributeNames": names})["Attributes"][names[0]]
    done = len(orders.events("lambda.Invoked"))
    assert int(dead) > 0
    assert done + int(dead) == 8


async def test_a_mapping_that_is_turned_off_and_deleted_polls_no_more(orders: Aws) -> None:
    await modelled(orders, "duration_ms = 10")
    uuid = await mapped(orders)
    await orders.lambda_.update_event_source_mapping({"UUID": uuid, "Enabled": False})
    await orders.advance(seconds=5)
    send(orders, "a")
    await orders.advance(seconds=60)
    assert left(orders) == 1
    await orders.lambda_.update_event_source_mapping({"UUID": uuid, "Enabled": True})
    await orders.advance(seconds=5)
    assert left(orders) == 0
    orders.lambda_.delete_event_source_mapping({"UUID": uuid})
    await orders.advance(seconds=5)
    send(orders, "b")
    await orders.advance(seconds=60)
    assert left(orders) == 1
    assert len(orders.world.agenda) == 0


async def test_nothing_moves_a_held_clock_while_a_mapping_runs_a_function(orders: Aws) -> None:
    await modelled(orders, "duration_ms = 5000\ninit_ms = 0", Timeout=30)
    await mapped(orders)
    send(orders, "a")
    before = orders.now
    await orders.advance(ms=1)
    assert orders.now == before + 1
    assert left(orders) == 1
