from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.ssm.runbook_calls import api, execution, made, ran, role, started, step


def outcomes(found: dict[str, Any]) -> list[tuple[str, str, int]]:
    """The steps of an execution in order, each with its iteration."""
    return [
        (one["StepName"], one["StepStatus"], one.get("ParentStepDetails", {}).get("Iteration", 0))
        for one in found["StepExecutions"]
    ]


def queues(aws: Aws) -> list[str]:
    """The names of the queues that there are."""
    return sorted(url.rpartition("/")[2] for url in aws.sqs.list_queues().get("QueueUrls", []))


async def test_each_item_has_its_turn(aws: Aws) -> None:
    make = api("make", "sqs", "CreateQueue", QueueName="{{ each.CurrentIteratorValue }}-{{each.CurrentIteration}}")
    loop = step("each", "loop", Iterators="{{ names }}", IteratorDataType="String", Steps=[make])
    names = {"names": {"type": "StringList", "default": ["a", "b"]}}
    last = api("last", "sqs", "CreateQueue", QueueName="last")
    found = await ran(aws, loop, last, parameters=names)
    assert found["AutomationExecutionStatus"] == "Success"
    assert queues(aws) == ["a-1", "b-2", "last"]
    assert sorted(outcomes(found)) == [
        ("each", "Success", 0),
        ("last", "Success", 0),
        ("make", "Success", 1),
        ("make", "Success", 2),
    ]
    asked = {"AutomationExecutionId": found["AutomationExecutionId"]}
    filters = [{"Key": "ParentStepIteratorValue", "Values": ["b"]}]
    (one,) = aws.ssm.describe_automation_step_executions(asked | {"Filters": filters})["StepExecutions"]
    assert one["ParentStepDetails"]["IteratorValue"] == "b"
    assert one["ValidNextSteps"] == []


async def test_a_loop_goes_on_while_its_condition_holds(aws: Aws) -> None:
    count = step("count", "updateVariable", Name="variable:state", Value="{{ loop.CurrentIteration }}")
    condition = {"Variable": "{{ variable:state }}", "NumericLesser": 3}
    loop = step("loop", "loop", LoopCondition=condition, MaxIterations=10, Steps=[count])
    found = await ran(aws, loop, variables={"state": {"type": "Integer", "default": 0}})
    assert found["AutomationExecutionStatus"] == "Success"
    assert found["Variables"] == {"state": ["3"]}
    assert len(found["StepExecutions"]) == 4


@pytest.mark.parametrize(
    "inputs", [{"Iterators": ["a", "b", "c"]}, {"LoopCondition": {"Variable": "x", "StringEquals": "x"}}]
)
async def test_no_loop_goes_on_beyond_its_iterations(aws: Aws, inputs: dict[str, Any]) -> None:
    nap = step("nap", "sleep", Duration="PT1S")
    found = await ran(aws, step("loop", "loop", MaxIterations=2, Steps=[nap], **inputs))
    assert found["AutomationExecutionStatus"] == "Success"
    assert [one[2] for one in outcomes(found)] == [0, 1, 2]


async def test_a_failure_within_a_loop_is_handled_as_its_step_says(aws: Aws) -> None:
    bad = api("bad", "sqs", "GetQueueUrl", QueueName="{{ loop.CurrentIteratorValue }}")
    made(
        aws,
        step("loop", "loop", Iterators=["x", "y"], Steps=[bad]),
        step("end", "sleep", Duration="PT1S"),
        name="abort",
    )
    going_on = {**bad, "onFailure": "Continue", "isCritical": False}
    made(aws, step("loop", "loop", Iterators=["x", "y"], Steps=[going_on]), name="go-on")
    aborted, went_on = started(aws, "abort"), started(aws, "go-on")
    await aws.advance(seconds=60)
    found = execution(aws, aborted)
    assert found["AutomationExecutionStatus"] == "Failed"
    assert outcomes(found) == [("loop", "Failed", 0), ("end", "Pending", 0), ("bad", "Failed", 1)]
    assert "Step bad failed maximum allowed times" in found["FailureMessage"]
    found = execution(aws, went_on)
    assert found["AutomationExecutionStatus"] == "Success"
    assert [one[1] for one in outcomes(found)] == ["Success", "Failed", "Failed"]


async def test_a_stopped_loop_is_cancelled(aws: Aws) -> None:
    nap = step("nap", "sleep", Duration="PT10M")
    made(aws, step("loop", "loop", Iterators=["x", "y"], Steps=[nap]))
    found = started(aws)
    await aws.advance(seconds=60)
    aws.ssm.stop_automation_execution({"AutomationExecutionId": found})
    assert outcomes(execution(aws, found)) == [("loop", "Cancelled", 0), ("nap", "Cancelled", 1)]


@pytest.mark.parametrize(
    "loop",
    [
        step("loop", "loop", Steps=[step("nap", "sleep", Duration="PT1S")]),
        step("loop", "loop", Iterators=["a"]),
        step("loop", "loop", Iterators=["a"], Steps=[]),
        step("loop", "loop", Iterators=["a"], Steps=[step("loop", "sleep", Duration="PT1S")]),
        step("loop", "loop", Iterators=["a"], Steps=[step("nap", "doze")]),
        step("loop", "loop", Iterators=["{{ variable:none }}"], Steps=[step("nap", "sleep", Duration="PT1S")]),
    ],
)
async def test_what_is_no_loop_makes_no_document(aws: Aws, loop: dict[str, Any]) -> None:
    with pytest.raises(AwsError) as raised:
        made(aws, loop)
    assert raised.value.code == "InvalidDocumentContent"


async def test_a_variable_keeps_its_type(aws: Aws) -> None:
    change = step("change", "updateVariable", Name="variable:count", Value="three")
    found = await ran(aws, change, variables={"count": {"type": "Integer", "default": 1}})
    assert found["AutomationExecutionStatus"] == "Failed"
    assert "does not match the type of the variable count" in found["FailureMessage"]
    assert found["Variables"] == {"count": ["1"]}


async def test_a_state_machine_is_run_to_its_end(aws: Aws) -> None:
    states = {
        "Rest": {"Type": "Wait", "Seconds": 20, "Next": "Say"},
        "Say": {"Type": "Pass", "Result": {"a": 1}, "End": True},
    }
    definition = json.dumps({"StartAt": "Rest", "States": states})
    arn = aws.stepfunctions.create_state_machine(
        {"name": "fix", "definition": definition, "roleArn": role(aws, "machine", trusted="states.amazonaws.com")}
    )["stateMachineArn"]
    run = step("run", "executeStateMachine", stateMachineArn=arn, input='{"x": 1}')
    made(aws, run, outputs=["run.output"])
    found = started(aws)
    await aws.advance(seconds=10)
    assert execution(aws, found)["StepExecutions"][0]["StepStatus"] == "InProgress"
    await aws.advance(seconds=20)
    done = execution(aws, found)
    assert (done["AutomationExecutionStatus"], done["Outputs"]) == ("Success", {"run.output": ['{"a":1}']})


async def test_target_maps_give_several_parameters_for_each_target(aws: Aws) -> None:
    names = {"one": {"type": "String"}, "two": {"type": "String", "default": "x"}}
    made(aws, api("make", "sqs", "CreateQueue", QueueName="{{ one }}-{{ two }}"), parameters=names)
    maps = [{"one": ["a"], "two": ["b"]}, {"one": ["c"]}]
    found = started(aws, TargetMaps=maps)
    await aws.advance(seconds=60)
    assert queues(aws) == ["a-b", "c-x"]
    shown = execution(aws, found)
    assert (shown["AutomationExecutionStatus"], shown["TargetMaps"]) == ("Success", maps)
    with pytest.raises(AwsError) as raised:
        started(aws, TargetMaps=maps, TargetParameterName="one", Targets=[{"Key": "ParameterValues", "Values": ["a"]}])
    assert raised.value.code == "InvalidTarget"
    with pytest.raises(AwsError) as raised:
        started(aws, TargetMaps=[*maps, {"none": ["x"]}])
    assert raised.value.code == "InvalidAutomationExecutionParametersException"
