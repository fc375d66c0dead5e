"""Functions as enrichments and targets; the test plays them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from foulweather.services.lambda_ import invoking
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.records import Configuration, Function
from foulweather.services.lambda_.state import LambdaState
from harness import ACCOUNT, REGION, Aws
from services.pipes.piped import Pipes

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
PLAIN = {"InputTemplate": "<$.body>"}


class Played:
    """Functions by name, and what they were invoked with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, aws: Aws) -> None:
        self.aws = aws
        self.handlers: dict[str, Callable[[Any], Any]] = {}
        self.events: list[Any] = []
        monkeypatch.setattr(invoking, "finish", self._finish)

    def add(self, name: str, handler: Callable[[Any], Any]) -> str:
        role = f"arn:aws:iam::{ACCOUNT}:role/none"
        latest = Configuration(
            role=role, runtime="python3.12", handler="a.b", modified_ms=self.aws.now, revision_id="1"
        )
        function = Function(name=name, account=ACCOUNT, region=REGION, latest=latest)
        self.aws.world.state(LambdaState, ACCOUNT, REGION).functions.put(name, function)
        self.handlers[name] = handler
        return ARN + name

    async def _finish(self, call: Any, asked: Any) -> Invoked:
        event = json.loads(asked.payload)
        self.events.append(event)
        try:
            answer, error = json.dumps(self.handlers[asked.function.name](event)), ""
        except ZeroDivisionError:
            answer, error = '{"errorMessage": "failed"}', "Unhandled"
        return Invoked(payload=answer.encode(), function_error=error, status=200, request_id="r")


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, aws: Aws) -> Played:
    return Played(monkeypatch, aws)


async def test_a_function_gets_the_batch_as_an_array(aws: Aws, pipes: Pipes, played: Played) -> None:
    source, target = pipes.queue("in"), played.add("f", lambda event: None)
    await pipes.made(source, target, TargetParameters=PLAIN, DesiredState="STOPPED")
    for body in ('{"n": 1}', "text"):
        pipes.send(source, body)
    aws.pipes.start_pipe({"Name": "p"})
    await aws.advance(seconds=11)
    assert sorted(played.events[0], key=str) == ["text", {"n": 1}]
    await aws.advance(seconds=60)
    assert pipes.bodies(source) == []


async def test_what_a_function_reports_as_failed_comes_again(aws: Aws, pipes: Pipes, played: Played) -> None:
    source = pipes.queue("in", VisibilityTimeout="30")

    def report(events: list[dict[str, Any]]) -> dict[str, Any]:
        failed = [each["messageId"] for each in events if each["body"] == "bad"] if len(played.events) == 1 else []
        return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}

    await pipes.made(source, played.add("f", report), DesiredState="STOPPED")
    for body in ("good", "bad"):
        pipes.send(source, body)
    aws.pipes.start_pipe({"Name": "p"})
    await aws.advance(seconds=60)
    assert [sorted(each["body"] for each in events) for events in played.events] == [["bad", "good"], ["bad"]]


async def test_a_function_that_fails_keeps_the_messages(aws: Aws, pipes: Pipes, played: Played) -> None:
    source = pipes.queue("in", VisibilityTimeout="30")
    await pipes.made(source, played.add("f", lambda events: 1 / (len(played.events) - 1)))
    pipes.send(source, "hello")
    await aws.advance(seconds=60)
    assert len(played.events) == 2
    assert [event.facts["stage"] for event in aws.events("pipes.Executed")] == ["Target", ""]


async def test_an_enrichment_may_answer_with_more_events(aws: Aws, pipes: Pipes, played: Played) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    double = played.add("double", lambda events: [{"n": each["body"] * times} for each in events for times in (1, 2)])
    await pipes.made(source, target, Enrichment=double, TargetParameters={"InputTemplate": "<$.n>"})
    pipes.send(source, "a")
    await aws.advance(seconds=1)
    assert sorted(pipes.bodies(target)) == ["a", "aa"]


async def test_fire_and_forget_waits_for_nobody(aws: Aws, pipes: Pipes, played: Played) -> None:
    source, target = pipes.queue("in"), played.add("f", lambda event: 1 / 0)
    invocation = {"LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"}}
    await pipes.made(source, target, TargetParameters=invocation)
    pipes.send(source, "hello")
    await aws.advance(seconds=1)
    assert [event.facts["failed"] for event in aws.events("pipes.Executed")] == [0]
    assert len(aws.events("lambda.AsyncEventReceived")) == 1
