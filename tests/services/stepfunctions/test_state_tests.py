"""TestState: one state on its own, with what is seen on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from services.stepfunctions.workflows import SEND, URL, Workflows

TASK = {"Type": "Task", "Resource": SEND, "Parameters": {"QueueUrl": URL, "MessageBody.$": "$.m"}, "Next": "N"}


async def tried(flows: Workflows, state: dict[str, Any], given: Any = None, **further: Any) -> dict[str, Any]:
    flows.refill()
    request = {"definition": json.dumps(state), "input": json.dumps({} if given is None else given), **further}
    return await flows.sfn.test_state(request)


async def test_a_pass_shows_each_step_of_its_data(flows: Workflows) -> None:
    state = {"Type": "Pass", "InputPath": "$.a", "Parameters": {"x.$": "$.b"}, "ResultPath": "$.r", "Next": "N"}
    told = await tried(flows, state, {"a": {"b": 1}}, inspectionLevel="DEBUG")
    assert (told["status"], told["nextState"]) == ("SUCCEEDED", "N")
    seen = {name: json.loads(text) for name, text in told["inspectionData"].items()}
    assert (seen["input"], seen["afterInputPath"], seen["afterParameters"]) == ({"a": {"b": 1}}, {"b": 1}, {"x": 1})
    assert json.loads(told["output"]) == seen["afterResultPath"]


async def test_a_task_is_really_called_with_the_role(flows: Workflows) -> None:
    queue = flows.queue()
    role = flows.role("sqs:SendMessage")
    told = await tried(flows, TASK, {"m": "1"}, roleArn=role)
    assert told["status"] == "SUCCEEDED"
    assert flows.received(queue) == [1]
    with pytest.raises(AwsError, match="roleArn must be specified"):
        await tried(flows, TASK, {"m": "1"})


async def test_errors_are_retried_caught_or_fail(flows: Workflows) -> None:
    flows.queue()
    role = flows.role()
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 1}]
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Mend"}]
    state = {**TASK, "Retry": retry, "Catch": caught}
    told = await tried(flows, state, {"m": "1"}, roleArn=role, inspectionLevel="DEBUG")
    assert told["status"] == "RETRIABLE"
    assert told["inspectionData"]["errorDetails"] == {"retryIndex": 0, "retryBackoffIntervalSeconds": 2}
    told = await tried(flows, state, {"m": "1"}, roleArn=role, stateConfiguration={"retrierRetryCount": 1})
    assert (told["status"], told["nextState"]) == ("CAUGHT_ERROR", "Mend")
    told = await tried(flows, TASK, {"m": "1"}, roleArn=role)
    assert (told["status"], told["error"]) == ("FAILED", "SQS.AmazonSQSException")


async def test_a_mock_takes_the_place_of_the_call(flows: Workflows) -> None:
    waiting = {**TASK, "Resource": f"{SEND}.waitForTaskToken"}
    with pytest.raises(AwsError, match="only be tested with a mock"):
        await tried(flows, waiting, {"m": "1"}, roleArn=flows.role())
    told = await tried(flows, TASK, {"m": "1"}, mock={"result": '{"MessageId": "1"}'})
    assert told["output"] == '{"MessageId":"1"}'
    with pytest.raises(AwsError, match="does not match the API"):
        await tried(flows, TASK, {"m": "1"}, mock={"result": '{"Nothing": "1"}'})
    told = await tried(flows, TASK, {"m": "1"}, mock={"errorOutput": {"error": "E", "cause": "c"}})
    assert (told["status"], told["error"], told["cause"]) == ("FAILED", "E", "c")


async def test_a_state_of_a_whole_definition_is_tested_by_name(flows: Workflows) -> None:
    inner = {"StartAt": "In", "States": {"In": {"Type": "Pass", "Output": "{% $states.input.a + $v %}", "End": True}}}
    states = {"Both": {"Type": "Parallel", "Branches": [inner], "End": True}}
    whole = {"StartAt": "Both", "QueryLanguage": "JSONata", "States": states}
    told = await tried(flows, whole, {"a": 1}, stateName="In", variables='{"v": 2}')
    assert told["output"] == "3"


async def test_a_wait_is_waited_for(flows: Workflows) -> None:
    began_ms = flows.aws.now
    told = await tried(flows, {"Type": "Wait", "Seconds": 60, "End": True}, 1)
    assert (told["output"], flows.aws.now - began_ms) == ("1", 60_000)


EACH = {
    "Type": "Map",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    },
    "Next": "N",
}


async def test_a_map_shows_what_its_iterations_would_get(flows: Workflows) -> None:
    state = {
        **EACH,
        "ItemsPath": "$.orders",
        "ItemSelector": {"n.$": "$$.Map.Item.Index", "order.$": "$$.Map.Item.Value"},
        "ItemBatcher": {"MaxItemsPerBatch": 2},
        "MaxConcurrency": 5,
        "ToleratedFailurePercentage": 34,
    }
    told = await tried(flows, state, {"orders": ["a", "b", "c"]}, mock={"result": "[1]"}, inspectionLevel="DEBUG")
    assert (told["status"], told["output"]) == ("SUCCEEDED", "[1]")
    seen = told["inspectionData"]
    assert (seen["maxConcurrency"], seen["toleratedFailurePercentage"]) == (5, 34)
    assert json.loads(seen["afterItemsPath"]) == ["a", "b", "c"]
    selected = [{"n": n, "order": order} for n, order in enumerate("abc")]
    assert json.loads(seen["afterItemSelector"]) == selected
    assert json.loads(seen["afterItemBatcher"]) == [{"Items": selected[:2]}, {"Items": selected[2:]}]


async def test_more_failures_than_a_map_tolerates_are_its_error(flows: Workflows) -> None:
    state = {**EACH, "ItemsPath": "$.orders", "ToleratedFailurePercentage": 50}
    caught = {**state, "Catch": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Mend"}]}
    given, mock = {"orders": [1, 2, 3, 4]}, {"result": "[]"}
    told = await tried(flows, state, given, mock=mock, stateConfiguration={"mapIterationFailureCount": 2})
    assert told["status"] == "SUCCEEDED"
    told = await tried(flows, state, given, mock=mock, stateConfiguration={"mapIterationFailureCount": 3})
    assert (told["status"], told["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    told = await tried(flows, caught, given, mock=mock, stateConfiguration={"mapIterationFailureCount": 3})
    assert (told["status"], told["nextState"]) == ("CAUGHT_ERROR", "Mend")
    with pytest.raises(AwsError, match="only be specified for a Map"):
        await tried(flows, {"Type": "Pass"}, {}, stateConfiguration={"mapIterationFailureCount": 1})


@pytest.mark.parametrize(
    ("config", "data", "items"),
    [
        ({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "id,n\na,1\n", [{"id": "a", "n": "1"}]),
        ({"InputType": "JSONL"}, '{"id": 1}\n{"id": 2}\n', [{"id": 1}, {"id": 2}]),
        ({"InputType": "JSON", "MaxItems": 1}, "[1, 2]", [1]),
    ],
)
async def test_the_data_of_an_item_reader_are_read(
    flows: Workflows, config: dict[str, Any], data: str, items: list[Any]
) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Parameters": {"Bucket": "items", "Key": "k"},
    }
    state = {**EACH, "ItemReader": reader, "ItemSelector": {"item.$": "$$.Map.Item.Value"}}
    told = await tried(
        flows,
        state,
        mock={"result": "[]"},
        inspectionLevel="DEBUG",
        stateConfiguration={"mapItemReaderData": data},
    )
    assert json.loads(told["inspectionData"]["afterItemSelector"]) == [{"item": item} for item in items]


async def test_data_that_hold_no_items_are_the_maps_error(flows: Workflows) -> None:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}
    state = {**EACH, "ItemReader": {**reader, "Parameters": {"Bucket": "items", "Key": "k"}}}
    told = await tried(flows, state, mock={"result": "[]"}, stateConfiguration={"mapItemReaderData": "1"})
    assert (told["status"], told["error"]) == ("FAILED", "States.ItemReaderFailed")
