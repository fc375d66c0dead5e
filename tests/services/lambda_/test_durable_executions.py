"""Durable executions: started, replayed, retried, timed out, stopped, listed, forgotten, told of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from foulweather.kernel.trace import Traces
from harness import ACCOUNT, REGION, Aws, new_aws
from services.lambda_.calls import allow, refused, user
from services.lambda_.durable import PENDING, Crashed, Played, Turn, failed, update

DAY_S = 24 * 3600


def waits(turn: Turn) -> Any:
    """A step, a wait of as many seconds as the event says, and a step."""
    turn.step("first")
    turn.begin("pause", "WAIT", WaitOptions={"WaitSeconds": turn.input})
    if not turn.is_over("pause"):
        return PENDING
    turn.step("second", "2")
    return {"result": "done"}


@pytest_asyncio.fixture
async def flow(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Played:
    return await Played(monkeypatch, aws).made(waits)


async def test_who_waits_gets_the_result_with_the_waits_time_gone(flow: Played) -> None:
    before_ms = flow.aws.now
    answer = await flow.invoke(600)
    assert (answer["Payload"], answer["ExecutedVersion"], answer["StatusCode"]) == ("done", "$LATEST", 200)
    assert 600_000 <= flow.aws.now - before_ms < 601_000
    assert len(flow.turns) == 2
    assert flow.turns[1].event["UpdatedOperationIds"] == ["pause"]
    assert flow.kinds(answer["DurableExecutionArn"]) == [
        "ExecutionStarted",
        "StepStarted",
        "StepSucceeded",
        "WaitStarted",
        "InvocationCompleted",
        "WaitSucceeded",
        "StepStarted",
        "StepSucceeded",
        "InvocationCompleted",
        "ExecutionSucceeded",
    ]


async def test_a_year_of_waiting_passes_when_the_clock_is_advanced(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = await Played(monkeypatch, aws).made(waits, DurableConfig={"ExecutionTimeout": 31_622_400})
    arn = await flow.start(31_000_000)
    await aws.advance(seconds=30_999_999)
    assert flow.shown(arn)["Status"] == "RUNNING"
    await aws.advance(seconds=2)
    shown = flow.shown(arn)
    assert (shown["Status"], shown["Result"], shown["InputPayload"]) == ("SUCCEEDED", '"done"', "31000000")
    assert shown["EndTimestamp"] - shown["StartTimestamp"] >= 31_000_000_000
    assert len(flow.turns) == 2


async def test_an_execution_that_waits_survives_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws(directory=tmp_path)
    flow = await Played(monkeypatch, aws).made(waits)
    arn = await flow.start(600)
    await aws.advance(seconds=1)
    aws.world.store.commit()
    aws.world.store.close()
    again = Played(monkeypatch, new_aws(directory=tmp_path))
    again.handlers["flow"] = waits
    assert again.shown(arn)["Status"] == "RUNNING"
    await again.aws.advance(seconds=600)
    assert again.shown(arn)["Status"] == "SUCCEEDED"
    assert [each["EventId"] for each in again.history(arn)] == list(range(1, 11))
    again.aws.world.close()


async def test_an_invocation_that_was_lost_with_its_process_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = new_aws(directory=tmp_path / "first")

    def is_killed(turn: Turn) -> Any:
        aws.world.store.commit()
        shutil.copytree(tmp_path / "first", tmp_path / "second")
        return {"result": "of a process that nobody sees again"}

    flow = await Played(monkeypatch, aws).made(is_killed, Timeout=10)
    arn = await flow.start(1)
    await aws.advance(seconds=1)
    aws.world.close()
    again = Played(monkeypatch, new_aws(directory=tmp_path / "second"))
    assert again.shown(arn)["Status"] == "RUNNING"
    again.handlers["flow"] = waits
    await again.aws.advance(seconds=120)
    assert again.shown(arn)["Status"] == "SUCCEEDED"
    again.aws.world.close()


async def test_a_crash_is_invoked_again_and_finds_what_was_done(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    def crashes(turn: Turn) -> Any:
        turn.step("first")
        if len(flow.turns) < 3:
            raise Crashed
        return {"result": list(turn.operations)[1:]}

    flow = await Played(monkeypatch, aws).made(crashes)
    answer = await flow.invoke()
    assert answer["Payload"] == ["first"]
    events = flow.history(answer["DurableExecutionArn"])
    errors = [
        each["InvocationCompletedDetails"].get("Error") for each in events if "InvocationCompletedDetails" in each
    ]
    assert [error and error["Payload"]["ErrorType"] for error in errors] == ["Runtime.ExitError"] * 2 + [None]
    assert sum(each["EventType"] == "StepStarted" for each in events) == 1


async def test_why_an_execution_that_crashes_for_ever_has_timed_out_is_its_crash(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashes(turn: Turn) -> Any:
        raise Crashed

    flow = await Played(monkeypatch, aws).made(crashes, DurableConfig={"ExecutionTimeout": 60})
    assert (await flow.invoke())["Payload"]["errorType"] == "TIMED_OUT"
    assert len(flow.turns) == 6  # after 0, 1, 3, 7, 15 and 31 seconds
    hop = next(each for each in aws.world.state(Traces).latest() if each.operation == "DurableExecution")
    assert hop.why is not None
    told = {fact.property: fact.value for fact in hop.why.facts}
    assert (told["failed invocations"], told["ErrorMessage"]) == (6, "Runtime exited")


async def test_a_failure_is_the_functions_error_and_why_names_the_operation(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(turn: Turn) -> Any:
        error = {"ErrorType": "CardDeclined", "ErrorMessage": "no money"}
        turn.checkpoint(
            update("pay", "STEP", "START", Name="charge card"),
            update("pay", "STEP", "FAIL", Name="charge card", Error=error),
        )
        return failed("StepError", "no money")

    flow = await Played(monkeypatch, aws).made(fails)
    answer = await flow.invoke()
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"] == {"errorType": "StepError", "errorMessage": "no money"}
    arn = answer["DurableExecutionArn"]
    assert flow.shown(arn)["Error"]["ErrorType"] == "StepError"
    assert flow.kinds(arn)[-2:] == ["InvocationCompleted", "ExecutionFailed"]
    hop = next(each for each in aws.world.state(Traces).latest() if each.operation == "DurableExecution")
    assert hop.why is not None
    (reason,) = hop.why.because
    assert "charge card" in reason.cause
    assert ("ErrorType", "CardDeclined") in [(fact.property, fact.value) for fact in reason.facts]


@pytest.mark.parametrize(
    ("answer", "words"),
    [({"anything": 1}, "Invalid Status in invocation output."), (PENDING, "no operation is")],
)
async def test_a_function_that_is_no_durable_one_by_its_code_fails(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, answer: Any, words: str
) -> None:
    flow = await Played(monkeypatch, aws).made(lambda turn: answer)
    told = await flow.invoke()
    assert told["FunctionError"] == "Unhandled"
    assert words in told["Payload"]["errorMessage"]


async def test_an_execution_times_out_and_its_letter_is_buried(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.sqs.create_queue({"QueueName": "letters"})
    letters = {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"}
    flow = await Played(monkeypatch, aws).made(waits, DeadLetterConfig=letters, DurableConfig={"ExecutionTimeout": 60})
    arn = await flow.start(600)
    await aws.advance(seconds=61)
    shown = flow.shown(arn)
    assert (shown["Status"], shown["EndTimestamp"] - shown["StartTimestamp"]) == ("TIMED_OUT", 60_000)
    assert flow.kinds(arn)[-1] == "ExecutionTimedOut"
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/letters"
    answer = aws.sqs.receive_message({"QueueUrl": url})
    (letter,) = (await answer if hasattr(answer, "__await__") else answer)["Messages"]
    assert letter["Body"] == "600"
    await aws.advance(seconds=600)
    assert len(flow.turns) == 1


async def test_a_stopped_execution_takes_no_checkpoint_and_begins_no_invocation(flow: Played) -> None:
    arn = await flow.start(600)
    await flow.aws.advance(seconds=1)
    error = {"ErrorType": "Cancelled", "ErrorMessage": "by hand"}
    stopped = flow.aws.lambda_.stop_durable_execution({"DurableExecutionArn": arn, "Error": error})
    assert stopped["StopTimestamp"] == flow.aws.now
    assert flow.shown(arn)["Error"] == error
    with refused("InvalidParameterValueException", "Invalid checkpoint token"):
        flow.turns[0].checkpoint()
    with refused("InvalidParameterValueException", "its status is STOPPED"):
        flow.aws.lambda_.stop_durable_execution({"DurableExecutionArn": arn})
    await flow.aws.advance(seconds=600)
    assert len(flow.turns) == 1
    assert flow.kinds(arn)[-1] == "ExecutionStopped"


async def test_a_name_starts_one_execution(flow: Played) -> None:
    first = await flow.start(600, DurableExecutionName="order-1")
    assert ":$LATEST/durable-execution/order-1/" in first
    assert await flow.start(600, DurableExecutionName="order-1") == first
    with refused("DurableExecutionAlreadyStartedException", "order-1"):
        await flow.start(601, DurableExecutionName="order-1")
    joined = await flow.invoke(600, DurableExecutionName="order-1")
    assert (joined["Payload"], joined["DurableExecutionArn"]) == ("done", first)
    assert (await flow.invoke(600, DurableExecutionName="order-1"))["Payload"] == "done"
    assert len(flow.turns) == 2
    with refused("DurableExecutionAlreadyStartedException"):
        await flow.invoke(601, DurableExecutionName="order-1")


async def test_after_its_retention_an_execution_is_forgotten_and_its_name_free(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"ExecutionTimeout": 3600, "RetentionPeriodInDays": 1}
    flow = await Played(monkeypatch, aws).made(waits, DurableConfig=config)
    arn = await flow.start(1, DurableExecutionName="again")
    await aws.advance(seconds=DAY_S)
    assert flow.shown(arn)["Status"] == "SUCCEEDED"
    await aws.advance(seconds=60)
    with refused("ResourceNotFoundException", arn):
        flow.shown(arn)
    assert await flow.start(2, DurableExecutionName="again") != arn


async def test_what_an_invocation_may_not_be(flow: Played) -> None:
    aws = flow.aws
    with refused("InvalidParameterValueException", "You cannot invoke a durable function using an unqualified ARN."):
        await aws.lambda_.invoke({"FunctionName": "flow"})
    long = {"FunctionName": "flow", "DurableConfig": {"ExecutionTimeout": 901}}
    config = (await aws.lambda_.update_function_configuration(long))["DurableConfig"]
    assert config == {"ExecutionTimeout": 901, "RetentionPeriodInDays": 14}
    await aws.advance(seconds=5)
    with refused("InvalidParameterValueException", "an executionTimeout greater than 15 minutes"):
        await flow.invoke()
    with refused("RequestTooLargeException", "limit 262144 bytes"):
        await flow.start("x" * (256 << 10))
    with refused("ValidationException", "durableExecutionName"):
        await flow.start(1, DurableExecutionName="no spaces")
    plain = await Played.made(flow, waits, "plain", DurableConfig={})
    with refused("InvalidParameterValueException", "not durable"):
        await plain.start(1, "plain", DurableExecutionName="x")
    with refused("InvalidParameterValueException", "You cannot enable it on existing functions."):
        await aws.lambda_.update_function_configuration({**long, "FunctionName": "plain"})
    assert flow.turns == []


async def test_executions_stay_with_the_version_they_began_with(flow: Played) -> None:
    aws = flow.aws
    aws.lambda_.publish_version({"FunctionName": "flow"})
    aws.lambda_.create_alias({"FunctionName": "flow", "Name": "live", "FunctionVersion": "1"})
    asked = {"FunctionName": "flow:live", "InvocationType": "Event", "Payload": b"5"}
    arn = (await aws.lambda_.invoke(asked))["DurableExecutionArn"]
    assert ":function:flow:1/durable-execution/" in arn
    await aws.advance(seconds=10)
    assert flow.shown(arn)["Version"] == "1"
    found = aws.lambda_.list_durable_executions_by_function({"FunctionName": "flow", "Qualifier": "live"})
    assert [each["DurableExecutionArn"] for each in found["DurableExecutions"]] == [arn]
    assert aws.lambda_.list_durable_executions_by_function({"FunctionName": "flow"})["DurableExecutions"] == []


async def test_listings_are_filtered_sorted_and_paged(flow: Played) -> None:
    began_ms = flow.aws.now
    for seconds in (1, 2, 300):
        await flow.start(seconds, DurableExecutionName=f"n{seconds}")
        await flow.aws.advance(seconds=10)

    def names(**more: Any) -> list[str]:
        answer = flow.aws.lambda_.list_durable_executions_by_function({"FunctionName": "flow", **more})
        return [each["DurableExecutionName"] for each in answer["DurableExecutions"]]

    assert names() == ["n1", "n2", "n300"]
    assert names(ReverseOrder=True) == ["n300", "n2", "n1"]
    assert names(Statuses=["RUNNING"]) == ["n300"]
    assert names(DurableExecutionName="n2") == ["n2"]
    assert names(StartedAfter=began_ms) == ["n2", "n300"]
    assert names(StartedBefore=began_ms + 15_000) == ["n1", "n2"]
    first = flow.aws.lambda_.list_durable_executions_by_function({"FunctionName": "flow", "MaxItems": 2})
    assert names(MaxItems=2, Marker=first["NextMarker"]) == ["n300"]
    with refused("InvalidParameterValueException", "Marker"):
        names(Marker="nonsense")


async def test_a_history_is_paged_reversed_and_told_without_data(flow: Played) -> None:
    arn = (await flow.invoke(1))["DurableExecutionArn"]
    backwards = flow.history(arn, ReverseOrder=True, MaxItems=2)
    assert [each["EventId"] for each in backwards] == [10, 9]
    bare = json.dumps(flow.history(arn, IncludeExecutionData=False))
    assert "Payload" not in bare
    asked = {"DurableExecutionArn": arn, "MaxItems": 4}
    first = flow.aws.lambda_.get_durable_execution_history(asked)
    rest = flow.history(arn, Marker=first["NextMarker"])
    assert [each["EventId"] for each in [*first["Events"], *rest]] == list(range(1, 11))


async def test_status_changes_reach_eventbridge_and_metrics(flow: Played) -> None:
    aws = flow.aws
    aws.sqs.create_queue({"QueueName": "changes"})
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:changes"
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/changes"
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everyone]})
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": document}})
    pattern = json.dumps({"source": ["aws.lambda"], "detail-type": ["Durable Execution Status Change"]})
    aws.events_.put_rule({"Name": "changes", "EventPattern": pattern})
    aws.events_.put_targets({"Rule": "changes", "Targets": [{"Id": "queue", "Arn": queue}]})
    arn = await flow.start(30, DurableExecutionName="order-1")
    await aws.advance(seconds=120)
    answer = aws.sqs.receive_message({"QueueUrl": url, "MaxNumberOfMessages": 10})
    messages = (await answer if hasattr(answer, "__await__") else answer)["Messages"]
    events = sorted((json.loads(each["Body"]) for each in messages), key=lambda each: each["detail"]["status"])
    assert [each["detail"]["status"] for each in events] == ["RUNNING", "SUCCEEDED"]
    assert events[0]["resources"] == []
    assert events[1]["detail"]["durableExecutionArn"] == arn
    assert events[1]["detail"]["endTimestamp"].endswith("Z")
    asked = {
        "Namespace": "AWS/Lambda",
        "Dimensions": [{"Name": "FunctionName", "Value": "flow"}],
        "StartTime": aws.now - 600_000,
        "EndTime": aws.now,
        "Period": 600,
        "Statistics": ["Sum", "Maximum"],
    }
    for name, value in (("Started", 1), ("Succeeded", 1), ("Operations", 3)):
        found = aws.cloudwatch.get_metric_statistics({**asked, "MetricName": f"DurableExecution{name}"})
        assert [point["Sum"] for point in found["Datapoints"]] == [value], name
    found = aws.cloudwatch.get_metric_statistics({**asked, "MetricName": "DurableExecutionDuration"})
    assert found["Datapoints"][0]["Maximum"] == 30_000


async def test_permissions_are_on_the_executions_arn(flow: Played) -> None:
    arn = await flow.start(600)
    function, _, _ = arn.rpartition(":$LATEST/")
    narrow = user(flow.aws, allow("lambda:GetDurableExecution", function))
    with refused("AccessDeniedException", "lambda:GetDurableExecution"):
        narrow.lambda_.get_durable_execution({"DurableExecutionArn": arn})
    wide = user(flow.aws, allow("lambda:GetDurableExecution", f"{function}:*"), name="bob")
    assert wide.lambda_.get_durable_execution({"DurableExecutionArn": arn})["Status"] == "RUNNING"
    with refused("AccessDeniedException", "lambda:StopDurableExecution"):
        wide.lambda_.stop_durable_execution({"DurableExecutionArn": arn})


async def test_what_is_not_built_is_refused_by_name(flow: Played) -> None:
    with refused("NotImplemented", "InvokeWithResponseStream of a durable function"):
        await flow.aws.lambda_.invoke_with_response_stream({"FunctionName": "flow:$LATEST"})
    with refused("NotImplemented", "ClientContext"):
        await flow.invoke(1, ClientContext="e30=")
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
    flow.aws.sqs.create_queue({"QueueName": "letters"})
    config = {
        "FunctionName": "flow",
        "Qualifier": "$LATEST",
        "DestinationConfig": {"OnFailure": {"Destination": target}},
    }
    flow.aws.lambda_.put_function_event_invoke_config(config)
    with refused("NotImplemented", "DestinationConfig of a durable function"):
        await flow.start(1)
