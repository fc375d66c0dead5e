"""The way of a call: gates, model, operation, and what stays on record."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Operation
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.world.journal import Event
from kernel.toy_world import new_pipeline, run, trace_of
from kernel.toys.queueing.reactions import noted_bodies


def events(pipeline: Pipeline, kind: str) -> list[Event]:
    return [event for event in pipeline.world.journal if event.kind == kind]


def gate(name: str, passed: list[str], refuses: bool = False) -> Any:
    def passing(call: Call, operation: Operation, request: dict[str, Any]) -> None:
        passed.append(name)
        if refuses:
            raise AwsError("AccessDenied", f"{name} says no", 403, why=Why("denied", name))

    return passing


def test_gates_are_passed_in_order_before_the_operation() -> None:
    passed: list[str] = []
    pipeline = new_pipeline([gate("one", passed), gate("two", passed)])
    call, answer = run(pipeline, QueueUrl="q", MessageBody="hi")
    assert passed == ["one", "two"]
    assert answer["MessageId"] == call.request_id


def test_a_gate_that_refuses_is_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    passed: list[str] = []
    pipeline = new_pipeline([gate("one", passed, True), gate("two", passed)])
    with pytest.raises(AwsError, match="one says no"):
        run(pipeline, QueueUrl="q", MessageBody="hi")
    assert passed == ["one"]
    assert events(pipeline, "toy.Sent") == []


def test_a_call_that_breaks_the_model_meets_no_gate() -> None:
    passed: list[str] = []
    pipeline = new_pipeline([gate("one", passed)])
    with pytest.raises(AwsError) as caught:
        run(pipeline, QueueUrl="q")
    assert caught.value.code == "ValidationException"
    assert caught.value.message == (
        "1 validation error detected: Value null at 'messageBody' failed to satisfy constraint: Member must not be null"
    )
    assert passed == []


def test_a_success_is_on_record() -> None:
    pipeline = new_pipeline()
    call, _ = run(pipeline, QueueUrl="q", MessageBody="hi")
    (event,) = events(pipeline, "api.Call")
    assert event.facts == {"service": "sqs", "operation": "SendMessage", "error": "", "key": ""}
    assert event.request_id == call.request_id
    (hop,) = trace_of(pipeline, call.request_id).hops
    assert (hop.code, hop.why) == ("", None)
    assert pipeline.world.state(Traces).last_wrong() is None


def test_a_refusal_is_on_record_with_its_reason() -> None:
    pipeline = new_pipeline()
    with pytest.raises(AwsError):
        run(pipeline, QueueUrl="q", MessageBody="refuse")
    (event,) = events(pipeline, "api.Call")
    assert event.facts["error"] == "InvalidMessageContents"
    trace = pipeline.world.state(Traces).last_wrong()
    assert trace is not None
    hop = trace.first_wrong()
    assert hop is not None
    assert hop.request_id == event.request_id
    assert hop.code == "InvalidMessageContents"
    assert hop.why is not None
    assert hop.why.cause == "InvalidMessageContents: no"


async def test_an_operation_that_waits_is_in_flight_but_while_it_is_parked() -> None:
    pipeline = new_pipeline()
    world = pipeline.world
    call, waiting = run(pipeline, "ReceiveMessage", QueueUrl="q", WaitTimeSeconds=3)
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    assert world.in_flight == 0, "it is parked: held time may move on"
    assert events(pipeline, "api.Call") == [], "it has not ended"
    await world.advance_to(10_000)
    assert await task == {"Messages": []}
    assert world.in_flight == 0
    assert call.now == 3_000, "it ended at its time, not when the clock stopped moving"
    (hop,) = trace_of(pipeline, call.request_id).hops
    assert (hop.at_ms, hop.ended_ms) == (0, 3_000)


async def test_a_refusal_after_waiting_is_on_record() -> None:
    pipeline = new_pipeline()
    call, waiting = run(pipeline, "ReceiveMessage", QueueUrl="q", WaitTimeSeconds=7)
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    await pipeline.world.advance_to(7_000)
    with pytest.raises(AwsError, match="too late"):
        await task
    (hop,) = trace_of(pipeline, call.request_id).hops
    assert (hop.code, hop.ended_ms) == ("OverLimit", 7_000)
    assert pipeline.world.in_flight == 0


async def test_a_delay_comes_after_the_gates_and_before_the_operation() -> None:
    passed: list[str] = []
    pipeline = new_pipeline([gate("one", passed)], lambda call, operation: 2_500)
    call, waiting = run(pipeline, QueueUrl="q", MessageBody="hi")
    assert passed == ["one"]
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    await pipeline.world.advance_to(2_499)
    assert not task.done()
    assert events(pipeline, "toy.Sent") == []
    await pipeline.world.advance_to(9_000)
    assert (await task)["SequenceNumber"] == "2500"
    assert call.hop.ended_ms == 2_500
    assert pipeline.world.in_flight == 0


async def test_an_operation_that_waits_may_be_held_up_first() -> None:
    pipeline = new_pipeline(delay=lambda call, operation: 1_000)
    call, waiting = run(pipeline, "ReceiveMessage", QueueUrl="q", WaitTimeSeconds=2)
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    await pipeline.world.advance_to(10_000)
    assert await task == {"Messages": []}
    assert call.now == 3_000


async def test_a_cancelled_call_leaves_nothing_in_flight() -> None:
    pipeline = new_pipeline()
    _, waiting = run(pipeline, "ReceiveMessage", QueueUrl="q", WaitTimeSeconds=3)
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert pipeline.world.in_flight == 0
    assert pipeline.world.agenda.next_ms() is None, "nor on the agenda"


async def test_a_reaction_runs_in_its_trace_as_its_service() -> None:
    pipeline = new_pipeline()
    call, _ = run(pipeline, QueueUrl="q", MessageBody="later")
    await pipeline.world.advance_to(4_999)
    assert len(events(pipeline, "toy.Sent")) == 1
    await pipeline.world.advance_to(5_000)
    echo = events(pipeline, "toy.Sent")[1]
    assert (echo.at_ms, echo.principal, echo.account, echo.region) == (
        5_000,
        "sqs.amazonaws.com",
        call.account,
        "eu-west-1",
    )
    hops = trace_of(pipeline, call.request_id).hops
    assert [hop.request_id for hop in hops] == [call.request_id, echo.request_id]
    assert trace_of(pipeline, echo.request_id).trace_id == call.trace_id


async def test_what_a_reaction_is_refused_is_what_the_request_died_of() -> None:
    pipeline = new_pipeline()
    call, _ = run(pipeline, QueueUrl="q", MessageBody="later refused")
    assert trace_of(pipeline, call.request_id).first_wrong() is None
    await pipeline.world.advance_to(5_000)
    hop = trace_of(pipeline, call.request_id).first_wrong()
    assert hop is not None
    assert hop.code == "InvalidMessageContents"
    assert pipeline.world.state(Traces).last_wrong() is trace_of(pipeline, call.request_id)


async def test_held_time_waits_for_a_reaction_that_waits() -> None:
    pipeline = new_pipeline()
    world = pipeline.world
    world.agenda.at(1_000, "sqs.nap", {"ms": 500}, account="1", region="r")
    world.agenda.at(1_200, "sqs.whoami", {"n": 1}, account="1", region="r")
    await world.advance_to(5_000)
    kinds = [(event.kind, event.at_ms) for event in world.journal]
    assert kinds == [("toy.Whoami", 1_200), ("toy.Napped", 1_500)]
    assert world.in_flight == 0
    (whoami,) = events(pipeline, "toy.Whoami")
    assert whoami.facts == {"who": "sqs.amazonaws.com", "place": ["1", "r"], "n": 1}


def test_a_manifests_readers_are_told_of_events() -> None:
    pipeline = new_pipeline()
    run(pipeline, QueueUrl="q", MessageBody="hi")
    assert noted_bodies.pop(pipeline.world) == ["hi"]


def test_the_directory_is_made_once_by_whoever_declares_it() -> None:
    pipeline = new_pipeline()
    assert type(pipeline.directory).__name__ == "ToyDirectory"
    assert pipeline.directory is pipeline.directory
    assert pipeline.guardrails is None
