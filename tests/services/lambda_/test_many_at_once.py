"""Many invocations at once, some of which exit, time out, invoke others or lose their callers: nothing leaks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from foulweather.engines.functions.interpreters import sdk_directories
from foulweather.services.lambda_.concurrency_gate import Gate
from foulweather.services.lambda_.state import LambdaState
from foulweather.wire.cloud import Cloud
from harness import ACCOUNT, REGION, new_aws
from services.lambda_.packaged import function, invoke, role

CODE = """
import json, os, time

def handler(event, context):
    time.sleep(event["s"])
    if event.get("exit"):
        os._exit(1)
    if event.get("invoke"):
        import boto3
        answer = boto3.client("lambda").invoke(FunctionName="work", Payload=json.dumps(event["invoke"]))
        return json.loads(answer["Payload"].read())
    return event["n"]
"""


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_answer_is_lost_or_doubled_and_nothing_stays_in_flight(seed: int) -> None:
    if not sdk_directories():
        pytest.skip("the AWS SDK for Python is not installed here")
    aws = new_aws(seed=seed)
    cloud = Cloud(aws.world)
    cloud.default.pipeline = aws.pipeline
    cloud.start()
    role(aws, [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    await function(aws, CODE, Timeout=5)
    draws = aws.world.stream("test")
    events: list[dict[str, Any]] = []
    tasks: list[asyncio.Future[dict[str, Any]]] = []
    sent = 0
    for n in range(40):
        event: dict[str, Any] = {"n": n, "s": draws.choice([0, 0, 1, 2, 4, 7])}
        if draws.random() < 0.1:
            event["exit"] = True
        elif draws.random() < 0.15:
            event["invoke"] = {"n": n, "s": draws.choice([0, 1, 6])}
        events.append(event)
        tasks.append(asyncio.ensure_future(invoke(aws, event)))
        if draws.random() < 0.2:
            payload = json.dumps({"n": n, "s": draws.choice([0, 3])}).encode()
            await aws.lambda_.invoke({"FunctionName": "work", "InvocationType": "Event", "Payload": payload})
            sent += 1
    for task in draws.sample(tasks, 4):
        task.cancel()
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    for event, answer in zip(events, answers, strict=True):
        if not isinstance(answer, BaseException):
            failed = isinstance(answer["Payload"], dict)
            assert failed or answer["Payload"] == event["n"]
            assert failed or not (event["s"] > 5 or event.get("exit"))
    await aws.advance(seconds=60)
    assert aws.world.in_flight == 0
    assert Gate.of(aws.world).by_function.total() == 0
    assert len(aws.world.state(LambdaState, ACCOUNT, REGION).queued) == 0
    assert sum(event.facts["source"] == "async" for event in aws.events("lambda.Invoked")) == sent
    cloud.close()
