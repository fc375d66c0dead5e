"""Checkpoints of durable executions: what they take, in which order, and what they tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foulweather.policy.principal import Principal
from foulweather.services.lambda_ import durable_limits, durable_shapes
from harness import ACCOUNT, Aws
from services.lambda_.calls import refused
from services.lambda_.durable import PENDING, Played, Turn, failed, update

Make = Callable[[Callable[[Turn], Any]], Any]


@pytest.fixture
def made(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Make:
    return lambda handler: Played(monkeypatch, aws).made(handler)


async def test_a_step_is_tried_again_when_its_delay_is_over(made: Make) -> None:
    error = {"ErrorType": "Flaky", "ErrorMessage": "not yet"}
    told: list[Any] = []

    def retries(turn: Turn) -> Any:
        found = turn.begin("flaky", "STEP", SubType="Step")
        told.append((found["Status"], found["StepDetails"]["Attempt"]))
        if found["Status"] == "READY":
            turn.checkpoint(update("flaky", "STEP", "START"))
            assert turn.operations["flaky"]["Status"] == "STARTED"
        if len(told) < 3:
            options = {"NextAttemptDelaySeconds": 10 * len(told)}
            turn.checkpoint(update("flaky", "STEP", "RETRY", Error=error, StepOptions=options))
            found = turn.operations["flaky"]
            assert found["Status"] == "PENDING"
            assert found["StepDetails"]["NextAttemptTimestamp"] == turn.aws.now + 10_000 * len(told)
            return PENDING
        turn.checkpoint(update("flaky", "STEP", "SUCCEED", Payload='"ok"'))
        return {"result": "ok"}

    flow = await made(retries)
    began_ms = flow.aws.now
    arn = (await flow.invoke())["DurableExecutionArn"]
    assert flow.aws.now - began_ms >= 30_000
    assert told == [("STARTED", 0), ("READY", 1), ("READY", 2)]
    steps = [each for each in flow.history(arn) if each["EventType"].startswith("Step")]
    assert [each["EventType"] for each in steps] == ["StepStarted", "StepFailed"] * 2 + ["StepStarted", "StepSucceeded"]
    details = [each.get("StepFailedDetails") or each.get("StepSucceededDetails") or {} for each in steps]
    assert [each["RetryDetails"] for each in details if each] == [
        {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 10},
        {"CurrentAttempt": 2, "NextAttemptDelaySeconds": 20},
        {"CurrentAttempt": 3},
    ]
    assert details[1]["Error"] == {"Payload": error, "Truncated": False}


async def test_a_condition_that_is_not_met_yet_is_a_success_to_be_had_again(made: Make) -> None:
    def polls(turn: Turn) -> Any:
        found = turn.begin("poll", "STEP", SubType="WaitForCondition")
        if found["Status"] == "READY":
            assert found["StepDetails"]["Result"] == "1"
            turn.checkpoint(update("poll", "STEP", "START"), update("poll", "STEP", "SUCCEED", Payload="2"))
            return {"result": 2}
        turn.checkpoint(update("poll", "STEP", "RETRY", Payload="1", StepOptions={"NextAttemptDelaySeconds": 5}))
        return PENDING

    flow = await made(polls)
    arn = (await flow.invoke())["DurableExecutionArn"]
    first = next(each for each in flow.history(arn) if each["EventType"] == "StepSucceeded")
    assert first["StepSucceededDetails"] == {
        "Result": {"Payload": "1", "Truncated": False},
        "RetryDetails": {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 5},
    }
    assert flow.kinds(arn).count("StepSucceeded") == 2


async def test_contexts_hide_what_is_in_them_once_they_are_over(made: Make) -> None:
    replayed: list[Any] = []

    def nests(turn: Turn) -> Any:
        replayed.append(set(turn.operations) - {turn.arn.rpartition("/")[2]})
        if len(replayed) == 2:
            return {"result": 1}
        for name, options in (("small", {}), ("large", {"ContextOptions": {"ReplayChildren": True}})):
            turn.checkpoint(
                update(name, "CONTEXT", "START"),
                update(f"{name}-in", "STEP", "START", ParentId=name),
                update(f"{name}-in", "STEP", "SUCCEED", ParentId=name, Payload="1"),
                update(name, "CONTEXT", "SUCCEED", Payload="1", **options),
            )
        turn.begin("pause", "WAIT", WaitOptions={"WaitSeconds": 1})
        return PENDING

    flow = await made(nests)
    await flow.invoke()
    assert replayed == [set(), {"small", "large", "large-in", "pause"}]


async def test_what_is_asked_for_again_is_answered_and_not_done_again(made: Make) -> None:
    answers: list[Any] = []

    def repeats(turn: Turn) -> Any:
        token = turn.token
        for _ in range(2):
            turn.token = token
            answers.append(turn.checkpoint(update("once", "STEP", "START"), ClientToken="same"))
        turn.token = token
        with refused("InvalidParameterValueException", "Invalid checkpoint token"):
            turn.checkpoint(update("twice", "STEP", "START"), ClientToken="other")
        return {"result": 1}

    flow = await made(repeats)
    arn = (await flow.invoke())["DurableExecutionArn"]
    assert answers[0] == answers[1]
    assert flow.kinds(arn).count("StepStarted") == 1


@pytest.mark.parametrize(
    ("updates", "words"),
    [
        ([update("a", "STEP", "SUCCEED")], "has not been started"),
        ([update("a", "STEP", "START"), update("a", "STEP", "START")], "in status STARTED"),
        ([update("a", "STEP", "START"), update("a", "CONTEXT", "SUCCEED")], "is of type STEP, not CONTEXT"),
        ([update("a", "WAIT", "START"), update("a", "WAIT", "RETRY")], "Invalid action RETRY"),
        ([update("a", "STEP", "START", ParentId="nobody")], "Invalid parent operation id: nobody"),
        ([update("a", "CHAINED_INVOKE", "START")], "ChainedInvokeOptions is required"),
        ([update("a", "CALLBACK", "START"), update("a", "CALLBACK", "SUCCEED")], "Invalid action SUCCEED"),
    ],
)
async def test_updates_that_do_not_fit_are_refused_all_together(made: Make, updates: Any, words: str) -> None:
    def misfits(turn: Turn) -> Any:
        with refused("InvalidParameterValueException", words):
            turn.checkpoint(update("good", "STEP", "START"), *updates)
        turn.checkpoint()
        return {"result": sorted(turn.operations)[1:]}

    flow = await made(misfits)
    answer = await flow.invoke()
    assert answer["Payload"] == []
    assert flow.kinds(answer["DurableExecutionArn"]) == [
        "ExecutionStarted",
        "InvocationCompleted",
        "ExecutionSucceeded",
    ]


async def test_an_execution_has_3000_operations_and_writes_100_mb(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable_limits, "OPERATIONS_MAX", 3)
    monkeypatch.setattr(durable_limits, "BYTES_MAX", 1_000)

    def grows(turn: Turn) -> Any:
        for name in "ab":
            turn.checkpoint(update(name, "CONTEXT", "START"))
        with refused("InvalidParameterValueException", "maximum of 3 operations"):
            turn.checkpoint(update("c", "CONTEXT", "START"), update("d", "CONTEXT", "START"))
        turn.checkpoint(update("c", "CONTEXT", "START"))
        with refused("InvalidParameterValueException", "maximum of 1000 bytes"):
            turn.checkpoint(update("c", "CONTEXT", "SUCCEED", Payload="x" * 1_000))
        return failed("Full", "no room")

    flow = await made(grows)
    assert (await flow.invoke())["Payload"]["errorType"] == "Full"


async def test_a_large_state_comes_in_pages(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable_shapes, "EVENT_OPERATIONS_MAX", 3)
    pages: list[list[str]] = []

    def pages_through(turn: Turn) -> Any:
        state = turn.event["InitialExecutionState"]
        if len(flow.turns) == 1:
            for name in "abcdef":
                turn.step(name)
            turn.begin("pause", "WAIT", WaitOptions={"WaitSeconds": 1})
            return PENDING
        pages.append([each["Id"] for each in state["Operations"]][1:])
        marker = state["NextMarker"]
        while marker:
            asked = {"DurableExecutionArn": turn.arn, "CheckpointToken": turn.token, "Marker": marker, "MaxItems": 4}
            page = turn.aws.lambda_.get_durable_execution_state(asked)
            pages.append([each["Id"] for each in page["Operations"]])
            marker = page.get("NextMarker")
        return {"result": 1}

    flow = await made(pages_through)
    await flow.invoke()
    assert pages == [["a", "b"], ["c", "d", "e", "f"], ["pause"]]


async def test_a_result_may_come_as_a_checkpoint_of_the_execution_itself(made: Make) -> None:
    def settles(turn: Turn) -> Any:
        answer = turn.checkpoint(update("result", "EXECUTION", "SUCCEED", Payload='"large"'))
        assert "CheckpointToken" not in answer
        return {"Status": "SUCCEEDED", "Result": ""}

    flow = await made(settles)
    answer = await flow.invoke()
    assert answer["Payload"] == "large"
    assert flow.kinds(answer["DurableExecutionArn"])[-2:] == ["InvocationCompleted", "ExecutionSucceeded"]


async def test_a_wait_can_be_cancelled(made: Make) -> None:
    def cancels(turn: Turn) -> Any:
        turn.begin("pause", "WAIT", WaitOptions={"WaitSeconds": 600})
        turn.checkpoint(update("pause", "WAIT", "CANCEL"))
        return {"result": turn.operations["pause"]["Status"]}

    flow = await made(cancels)
    before_ms = flow.aws.now
    answer = await flow.invoke()
    assert answer["Payload"] == "CANCELLED"
    assert flow.aws.now - before_ms < 1_000
    assert "WaitCancelled" in flow.kinds(answer["DurableExecutionArn"])


async def test_the_execution_role_needs_permission_to_checkpoint(made: Make) -> None:
    def denied(turn: Turn) -> Any:
        nobody = Principal("assumed-role", f"arn:aws:sts::{ACCOUNT}:assumed-role/other/x", ACCOUNT, "A:x")
        turn.aws = turn.aws.as_principal(nobody)
        with refused("AccessDeniedException", "lambda:CheckpointDurableExecution"):
            turn.checkpoint(update("a", "STEP", "START"))
        return {"result": 1}

    flow = await made(denied)
    assert (await flow.invoke())["Payload"] == 1
