"""Held time waits for what is in flight, and not for those who wait for others."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.harness import REGION, Aws

from foulweather.gates.faults import Faults
from foulweather.kernel.call import Call
from foulweather.policy import principal as principals


def _caller(aws: Aws, url: str) -> Any:
    """An operation of some service that asks SQS through its port and waits for the answer."""
    call = Call(aws.pipeline, "sns", "Publish", aws.account, REGION, principals.root(aws.account))

    async def asks_and_waits() -> Any:
        with aws.world.flight():
            answer = call.acting_as(call.principal).sqs.receive_message({"QueueUrl": url, "WaitTimeSeconds": 20})
            return await answer

    return asks_and_waits()


async def test_time_moves_on_under_a_call_that_waits_for_a_parked_one(aws: Aws) -> None:
    url = aws.sqs.create_queue({"QueueName": "jobs"})["QueueUrl"]
    waiting = asyncio.ensure_future(_caller(aws, url))
    await asyncio.sleep(0)
    assert aws.world.in_flight == 0
    await asyncio.wait_for(aws.advance(seconds=30), 5)
    assert "Messages" not in await asyncio.wait_for(waiting, 5)
    assert aws.world.in_flight == 0


async def test_time_moves_on_under_a_call_that_waits_for_one_held_up_by_a_fault(aws: Aws) -> None:
    url = aws.sqs.create_queue({"QueueName": "jobs"})["QueueUrl"]
    Faults.of(aws.world).add(kind="slow", service="sqs", delay_ms=5_000)
    waiting = asyncio.ensure_future(_caller(aws, url))
    await asyncio.sleep(0)
    await asyncio.wait_for(aws.advance(seconds=60), 5)
    await asyncio.wait_for(waiting, 5)
    assert aws.world.in_flight == 0
