"""Executions survive the end of the process; failed ones are taken up again where they failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.world.world import World
from harness import Aws, new_aws
from services.stepfunctions.workflows import PASS, SEND, URL, Workflows, flow


def reopened(directory: Path, killed: World) -> Workflows:
    """The world as it is after the process was killed: what was committed, and no more."""
    killed.store.commit()
    killed.store._log.close()  # type: ignore[union-attr]
    return Workflows(new_aws(directory=directory))


async def test_waits_tokens_and_iterations_survive_a_kill(tmp_path: Path) -> None:
    flows = Workflows(new_aws(directory=tmp_path))
    queue = flows.queue()
    ask = {
        "Type": "Task",
        "Resource": f"{SEND}.waitForTaskToken",
        "Parameters": {"QueueUrl": URL, "MessageBody": {"token.$": "$$.Task.Token"}},
    }
    each = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemProcessor": flow(("Wait", {"Type": "Wait", "Seconds": 10})),
    }
    branches = [flow(("Ask", ask)), flow(("Each", each))]
    arn = flows.start(
        flows.machine(flow(("Both", {"Type": "Parallel", "Branches": branches})), "sqs:SendMessage"), [1, 2]
    )
    await flows.aws.advance(seconds=10)
    before = flows.events(arn)

    again = reopened(tmp_path, flows.aws.world)
    assert again.events(arn) == before
    (message,) = again.received(queue)
    again.sfn.send_task_success({"taskToken": message["token"], "output": "true"})
    await again.aws.advance(seconds=10)
    assert again.output(arn) == [True, [1, 2]]
    assert [event["id"] for event in again.events(arn)] == list(range(1, len(again.events(arn)) + 1))


async def test_a_task_that_was_never_polled_for_is_still_there_after_a_kill(tmp_path: Path) -> None:
    flows = Workflows(new_aws(directory=tmp_path))
    activity = flows.sfn.create_activity({"name": "work"})["activityArn"]
    arn = flows.start(flows.machine(flow(("Do", {"Type": "Task", "Resource": activity}))), 5)
    again = reopened(tmp_path, flows.aws.world)
    task = again.sfn.get_activity_task({"activityArn": activity})
    assert task["input"] == "5"
    again.sfn.send_task_success({"taskToken": task["taskToken"], "output": task["input"]})
    assert again.output(arn) == 5


def failing(flows: Workflows) -> str:
    """An execution whose second branch fails: nobody has made the queue."""
    task = {"Type": "Task", "Resource": SEND, "Parameters": {"QueueUrl": URL, "MessageBody": "x"}, "ResultPath": None}
    branches = [flow(("Good", {**PASS, "Result": 1})), flow(("Send", task))]
    states = [("First", PASS), ("Both", {"Type": "Parallel", "Branches": branches})]
    states[0] = ("First", {"Type": "Pass"})
    return flows.start(flows.machine(flow(*states), "sqs:SendMessage"), {"a": 1})


def test_a_redrive_goes_on_where_the_execution_failed(flows: Workflows) -> None:
    arn = failing(flows)
    before = flows.execution(arn)
    assert (before["status"], before["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    flows.queue()
    flows.sfn.redrive_execution({"executionArn": arn, "clientToken": "t"})
    flows.sfn.redrive_execution({"executionArn": arn, "clientToken": "t"})
    found = flows.execution(arn)
    assert (found["status"], found["redriveCount"]) == ("SUCCEEDED", 1)
    assert flows.output(arn) == [1, {"a": 1}]
    kinds = flows.kinds(arn)
    assert kinds.count("PassStateEntered") == 2  # neither the first state nor the good branch is run again
    assert kinds.count("TaskScheduled") == 2
    assert "ExecutionRedriven" in kinds


async def test_what_cannot_be_redriven_is_refused(aws: Aws, flows: Workflows) -> None:
    arn = flows.start(flows.machine(flow(("A", PASS)), name="good"))
    with pytest.raises(AwsError, match=r"^ExecutionNotRedrivable: .*SUCCEEDED"):
        flows.sfn.redrive_execution({"executionArn": arn})
    late = failing(flows)
    await aws.advance(seconds=15 * 86_400)
    with pytest.raises(AwsError, match=r"^ExecutionNotRedrivable: .*redrivable period"):
        flows.sfn.redrive_execution({"executionArn": late})
