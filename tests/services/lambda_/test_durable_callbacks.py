"""Callbacks of durable executions, and functions that they invoke."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, REGION, Aws
from services.lambda_.calls import refused
from services.lambda_.durable import PENDING, Played, Turn, failed
from services.lambda_.packaged import modelled, role

Make = Callable[..., Any]


@pytest.fixture
def made(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Make:
    return lambda handler, **members: Played(monkeypatch, aws).made(handler, **members)


def asks(turn: Turn) -> Any:
    """Wait for a callback with the time-outs that the event says, and return what came of it."""
    found = turn.begin("ask", "CALLBACK", Name="approval", CallbackOptions=turn.input)
    if not turn.is_over("ask"):
        return PENDING
    details = found["CallbackDetails"]
    return {"result": [found["Status"], details.get("Result"), (details.get("Error") or {}).get("ErrorType")]}


async def started(flow: Played, **options: int) -> tuple[str, str]:
    """An execution that waits for a callback, and the callback's id."""
    arn = await flow.start(options)
    await flow.aws.advance(seconds=1)
    event = next(each for each in flow.history(arn) if each["EventType"] == "CallbackStarted")
    return arn, event["CallbackStartedDetails"]["CallbackId"]


async def test_a_callback_is_completed_once(made: Make) -> None:
    flow = await made(asks)
    arn, callback_id = await started(flow)
    sent = {"CallbackId": callback_id, "Result": b'"yes"'}
    flow.aws.lambda_.send_durable_execution_callback_success(sent)
    with refused("CallbackTimeoutException", "already been closed"):
        flow.aws.lambda_.send_durable_execution_callback_success(sent)
    await flow.aws.advance(seconds=1)
    assert json.loads(flow.shown(arn)["Result"]) == ["SUCCEEDED", '"yes"', None]
    assert flow.kinds(arn) == [
        "ExecutionStarted",
        "CallbackStarted",
        "InvocationCompleted",
        "CallbackSucceeded",
        "InvocationCompleted",
        "ExecutionSucceeded",
    ]
    with refused("CallbackTimeoutException"):
        flow.aws.lambda_.send_durable_execution_callback_heartbeat({"CallbackId": callback_id})


async def test_a_callback_is_failed_by_whom_it_was_given_to(made: Make) -> None:
    flow = await made(asks)
    arn, callback_id = await started(flow)
    error = {"ErrorType": "Rejected", "ErrorMessage": "no"}
    flow.aws.lambda_.send_durable_execution_callback_failure({"CallbackId": callback_id, "Error": error})
    await flow.aws.advance(seconds=1)
    assert json.loads(flow.shown(arn)["Result"]) == ["FAILED", None, "Rejected"]


async def test_heartbeats_keep_a_callback_alive_until_its_time_out(made: Make) -> None:
    flow = await made(asks)
    arn, callback_id = await started(flow, TimeoutSeconds=100, HeartbeatTimeoutSeconds=10)
    for _ in range(12):
        await flow.aws.advance(seconds=8)
        flow.aws.lambda_.send_durable_execution_callback_heartbeat({"CallbackId": callback_id})
    assert flow.shown(arn)["Status"] == "RUNNING"
    await flow.aws.advance(seconds=5)
    assert json.loads(flow.shown(arn)["Result"]) == ["TIMED_OUT", None, "Callback.Timeout"]
    _, silent = await started(flow, TimeoutSeconds=100, HeartbeatTimeoutSeconds=10)
    await flow.aws.advance(seconds=10)
    with refused("CallbackTimeoutException"):
        flow.aws.lambda_.send_durable_execution_callback_heartbeat({"CallbackId": silent})


async def test_a_callback_without_heartbeats_times_out(made: Make) -> None:
    flow = await made(asks)
    answer = await flow.invoke({"HeartbeatTimeoutSeconds": 10})
    assert answer["Payload"] == ["TIMED_OUT", None, "Callback.Heartbeat"]


async def test_an_id_of_no_callback_is_refused(made: Make) -> None:
    flow = await made(asks)
    await started(flow)
    for callback_id in ("bm9ib2R5", "MTEvMjIvMzMvNDQvNTU="):
        with refused("InvalidParameterValueException", "Invalid callback id."):
            flow.aws.lambda_.send_durable_execution_callback_success({"CallbackId": callback_id})


def chains(turn: Turn) -> Any:
    """Invoke the function that the event names, and return what came of it."""
    found = turn.begin("call", "CHAINED_INVOKE", ChainedInvokeOptions={"FunctionName": turn.input}, Payload='{"n": 7}')
    if not turn.is_over("call"):
        return PENDING
    details = found["ChainedInvokeDetails"]
    return {"result": [found["Status"], details.get("Result"), (details.get("Error") or {}).get("ErrorType")]}


async def test_a_function_that_is_not_durable_is_invoked_as_the_role(made: Make) -> None:
    flow = await made(chains)
    await modelled(flow.aws, "duration_ms = 2000.0\nresponse = {ok = true}\n", "plain")
    answer = await flow.invoke("plain")
    assert answer["Payload"] == ["SUCCEEDED", '{"ok": true}', None]
    arn = answer["DurableExecutionArn"]
    assert flow.kinds(arn)[1:4] == ["ChainedInvokeStarted", "InvocationCompleted", "ChainedInvokeSucceeded"]
    details = flow.history(arn)[1]["ChainedInvokeStartedDetails"]
    assert (details["FunctionName"], details["ExecutedVersion"]) == ("plain", "$LATEST")
    invoked = [each for each in flow.aws.events("lambda.Invoked") if each.facts["function"] == "plain"]
    assert len(invoked) == 1


async def test_a_durable_function_is_an_execution_of_its_own(made: Make) -> None:
    flow = await made(chains)

    def below(turn: Turn) -> Any:
        turn.begin("pause", "WAIT", WaitOptions={"WaitSeconds": 300})
        return {"result": turn.input} if turn.is_over("pause") else PENDING

    await flow.made(below, "below")
    answer = await flow.invoke("below:$LATEST")
    assert answer["Payload"] == ["SUCCEEDED", '{"n": 7}', None]
    child = flow.history(answer["DurableExecutionArn"])[1]["ChainedInvokeStartedDetails"]["DurableExecutionArn"]
    assert flow.shown(child)["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(("how", "status"), [("fails", "FAILED"), ("lasts", "TIMED_OUT"), ("stopped", "STOPPED")])
async def test_how_a_durable_function_ended_is_told_above(made: Make, how: str, status: str) -> None:
    flow = await made(chains)

    def below(turn: Turn) -> Any:
        if how == "fails":
            return failed("Below", "it failed")
        turn.begin("ask", "CALLBACK")
        return PENDING

    await flow.made(below, "below", DurableConfig={"ExecutionTimeout": 60})
    arn = await flow.start("below:$LATEST")
    await flow.aws.advance(seconds=5)
    if how == "stopped":
        child = flow.history(arn)[1]["ChainedInvokeStartedDetails"]["DurableExecutionArn"]
        flow.aws.lambda_.stop_durable_execution({"DurableExecutionArn": child, "Error": {"ErrorType": "By hand"}})
    await flow.aws.advance(seconds=60)
    assert json.loads(flow.shown(arn)["Result"])[0] == status
    assert flow.kinds(arn)[3] == {"FAILED": "ChainedInvokeFailed", "TIMED_OUT": "ChainedInvokeTimedOut"}.get(
        status, "ChainedInvokeStopped"
    )


@pytest.mark.parametrize(
    ("target", "code"),
    [("nobody", "ResourceNotFoundException"), ("flow", "InvalidParameterValueException")],
)
async def test_what_cannot_be_invoked_fails_at_once(made: Make, target: str, code: str) -> None:
    flow = await made(chains)
    answer = await flow.invoke(target)
    assert answer["Payload"] == ["FAILED", None, code]
    assert len(flow.turns) == 1


async def test_the_execution_role_needs_permission_to_invoke(made: Make, aws: Aws) -> None:
    role(aws, [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}])
    flow = await made(chains)
    await modelled(aws, "duration_ms = 1.0\n", "plain")
    assert (await flow.invoke("plain"))["Payload"] == ["FAILED", None, "AccessDeniedException"]


async def test_an_execution_that_invokes_itself_for_ever_is_stopped(made: Make) -> None:
    flow = await made(chains)

    def again(turn: Turn) -> Any:
        found = turn.begin("call", "CHAINED_INVOKE", ChainedInvokeOptions={"FunctionName": "flow:$LATEST"}, Payload="1")
        if not turn.is_over("call"):
            return PENDING
        return {"result": (found["ChainedInvokeDetails"].get("Error") or {}).get("ErrorType", "")}

    flow.handlers["flow"] = again
    await flow.start(1)
    await flow.aws.advance(seconds=10)
    executions = flow.aws.lambda_.list_durable_executions_by_function({"FunctionName": "flow"})["DurableExecutions"]
    assert len(executions) == 16
    last = max(executions, key=lambda each: (each["StartTimestamp"], each["DurableExecutionArn"]))
    assert all(each["Status"] == "SUCCEEDED" for each in executions), last


async def test_a_queues_batch_is_one_execution_of_at_most_15_minutes(made: Make) -> None:
    def holds(turn: Turn) -> Any:
        turn.begin("ask", "CALLBACK")
        return PENDING

    flow = await made(holds, DurableConfig={"ExecutionTimeout": 3600})
    url = flow.aws.sqs.create_queue({"QueueName": "work", "Attributes": {"VisibilityTimeout": "7200"}})["QueueUrl"]
    source = f"arn:aws:sqs:{REGION}:{ACCOUNT}:work"
    asked = {"FunctionName": "flow:$LATEST", "EventSourceArn": source}
    mapping = await flow.aws.lambda_.create_event_source_mapping(asked)
    await flow.aws.advance(seconds=5)
    flow.aws.sqs.send_message({"QueueUrl": url, "MessageBody": "hello"})
    await flow.aws.advance(seconds=910)
    (found,) = flow.aws.lambda_.list_durable_executions_by_function({"FunctionName": "flow"})["DurableExecutions"]
    assert (found["Status"], found["EndTimestamp"] - found["StartTimestamp"]) == ("TIMED_OUT", 900_000)
    (record,) = json.loads(flow.shown(found["DurableExecutionArn"])["InputPayload"])["Records"]
    assert record["body"] == "hello"
    flow.aws.lambda_.delete_event_source_mapping({"UUID": mapping["UUID"]})
    await flow.aws.advance(seconds=30)
