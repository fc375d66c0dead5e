"""What a function's code asks of AWS: it comes to its own world, with its role's permissions, in its trace and time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from foulweather.engines.functions.interpreters import sdk_directories
from foulweather.kernel.trace import Traces
from foulweather.wire.cloud import Cloud
from harness import ACCOUNT, REGION, Aws, new_aws
from services.lambda_.packaged import function, invoke, logged, role

CODE = """
import json, time
import boto3

def handler(event, context):
    what = event.get("do")
    if what == "send":
        boto3.client("sqs").send_message(QueueUrl=event["url"], MessageBody="x")
    elif what == "receive":
        return boto3.client("sqs").receive_message(QueueUrl=event["url"], WaitTimeSeconds=20).get("Messages", [])
    elif what == "nap":
        time.sleep(event["s"])
    elif what == "invoke":
        answer = boto3.client("lambda").invoke(FunctionName=event["name"], Payload=json.dumps(event["event"]))
        return json.loads(answer["Payload"].read())
    elif what == "clock":
        answer = boto3.client("sts").get_caller_identity()
        return [answer["Arn"], time.time()]
    return "done"
"""
QUEUE = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/q"


@pytest_asyncio.fixture
async def work() -> AsyncIterator[Aws]:
    if not sdk_directories():
        pytest.skip("the AWS SDK for Python is not installed here")
    aws = new_aws()
    cloud = Cloud(aws.world)
    cloud.default.pipeline = aws.pipeline
    cloud.start()
    role(aws, [{"Effect": "Allow", "Action": ["logs:*", "sqs:ReceiveMessage", "lambda:*"], "Resource": "*"}])
    aws.sqs.create_queue({"QueueName": "q"})
    await function(aws, CODE, Timeout=60)
    yield aws
    cloud.close()


async def test_it_is_its_role(work: Aws) -> None:
    arn, now_s = (await invoke(work, {"do": "clock"}))["Payload"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/function/work"
    assert now_s * 1000 == work.now


async def test_what_its_role_may_not_do_fails_and_the_reason_is_in_the_trace_of_the_invocation(work: Aws) -> None:
    answer = await invoke(work, {"do": "send", "url": QUEUE})
    assert "AccessDenied" in answer["Payload"]["errorMessage"]
    request_id = work.events("lambda.Invoked")[-1].request_id
    trace = work.world.state(Traces).find(request_id)
    assert trace is not None
    wrong = trace.first_wrong()
    assert wrong is not None
    assert (wrong.service, wrong.operation, wrong.parent_id) == ("sqs", "SendMessage", request_id)


async def test_a_long_poll_in_a_function_takes_its_twenty_seconds_of_the_worlds_time(work: Aws) -> None:
    began = work.now
    assert (await invoke(work, {"do": "receive", "url": QUEUE}))["Payload"] == []
    assert work.now == began + 20_000
    assert work.world.in_flight == 0


async def test_functions_that_wait_for_functions_sleep_through_all_of_it(work: Aws) -> None:
    await function(work, CODE, "second", Timeout=60)
    await function(work, CODE, "third", Timeout=60)
    inner = {"do": "invoke", "name": "third", "event": {"do": "nap", "s": 30}}
    began = work.now
    answer = await invoke(work, {"do": "invoke", "name": "second", "event": inner})
    assert answer["Payload"] == "done"
    assert work.now == began + 30_000
    assert work.world.in_flight == 0


async def test_one_that_waits_for_another_longer_than_it_may_times_out_and_the_other_goes_on(work: Aws) -> None:
    await function(work, CODE, "slow", Timeout=300)
    began = work.now
    answer = await invoke(work, {"do": "invoke", "name": "slow", "event": {"do": "nap", "s": 200}})
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert work.now == began + 60_000
    await asyncio.sleep(0.1)
    assert work.world.in_flight == 0
    await work.advance(seconds=200)
    assert [event.facts["error"] for event in work.events("lambda.Invoked")] == ["Sandbox.Timedout", ""]


async def test_a_caller_who_leaves_does_not_end_the_function(work: Aws) -> None:
    asked = asyncio.ensure_future(invoke(work, {"do": "nap", "s": 30}))
    while not work.world.agenda.next_ms() or work.world.in_flight == 0:
        await asyncio.sleep(0)
    asked.cancel()
    while not work.events("lambda.Invoked"):
        await asyncio.sleep(0.01)
    assert work.events("lambda.Invoked")[0].facts["duration_ms"] == 30_000
    assert work.world.in_flight == 0


async def test_an_asynchronous_one_sleeps_only_as_far_as_somebody_moves_the_clock(work: Aws) -> None:
    event = json.dumps({"do": "nap", "s": 40}).encode()
    await work.lambda_.invoke({"FunctionName": "work", "InvocationType": "Event", "Payload": event})
    began = work.now
    await work.advance(seconds=30)
    await asyncio.sleep(0.05)
    assert work.now == began + 30_000
    assert work.events("lambda.Invoked") == []
    await work.advance(seconds=30)
    assert work.events("lambda.Invoked")[0].facts["duration_ms"] == 40_000
    assert "Duration: 40000.00 ms" in logged(work)[-1]
